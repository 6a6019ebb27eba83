// The parts of `manabi probe`.
#pragma once

#include "app/verbs.h"

namespace manabi::app {

int probe_patch(Words words, Session& session);

}  // namespace manabi::app
