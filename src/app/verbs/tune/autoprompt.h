// `manabi tune autoprompt`: words in front of every prompt, and words for the labels, found by gradient.
#pragma once

#include "app/verbs.h"
#include "app/verbs/tune/ground.h"
#include "app/verbs/tune/options.h"

namespace manabi::app {

inline constexpr const char* kAutoprompt = "autoprompt";

// Searches, judges on the test examples, and leaves autoprompt.json and the words' embeddings as a prompt that PEFT reads.
int search_prompt(const TuneOptions& options, const Ground& ground, Session& session);

}  // namespace manabi::app
