// The parts of `manabi probe`.
#pragma once

#include "app/verbs.h"

namespace manabi::app {

int probe_patch(Words words, Session& session);
int probe_lens(Words words, Session& session);
int probe_heads(Words words, Session& session);
int probe_vector(Words words, Session& session);
int probe_read(Words words, Session& session);
int probe_edit(Words words, Session& session);

}  // namespace manabi::app
