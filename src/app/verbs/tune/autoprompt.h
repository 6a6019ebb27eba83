// `manabi tune autoprompt`: words in front of every prompt, and words for the labels, found by gradient.
#pragma once

#include "app/verbs.h"
#include "app/verbs/tune/ground.h"
#include "app/verbs/tune/options.h"
#include "base/format/json.h"

namespace manabi::app {

inline constexpr const char* kAutoprompt = "autoprompt";

inline constexpr const char* kAutopromptFile = "autoprompt.json";  // its "made_of" is the description that it came of

// Searches, judges on the test examples, and leaves autoprompt.json and the words' embeddings as a prompt that PEFT reads. A search of the same
// description that was cut off goes on.
int search_prompt(const TuneOptions& options, const Ground& ground, const base::Json& description, Session& session);

}  // namespace manabi::app
