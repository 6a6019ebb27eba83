// The main table of Hendel, Geva and Globerson 2023 for LLaMA 7B (n = 50 a cell): shares right without demonstrations, with a vector in their
// place, and with demonstrations.
#pragma once

#include <array>

namespace manabi::study::task_vectors {

struct Published {
  const char* task;
  double zero_shot, vector, regular;
};

inline constexpr std::array<Published, 18> kPublished = {{{"next_letter", .03, .94, .88},
                                                          {"prev_letter", .04, .52, .58},
                                                          {"list_first", .87, .98, 1.0},
                                                          {"list_last", .03, 1.0, 1.0},
                                                          {"to_upper", .00, .60, 1.0},
                                                          {"to_lower", .00, .74, 1.0},
                                                          {"fr_en", .14, .66, .70},
                                                          {"es_en", .21, .68, .92},
                                                          {"en_fr", .04, .78, .88},
                                                          {"en_es", .07, .78, .76},
                                                          {"present_simple_gerund", .00, .74, .90},
                                                          {"present_simple_past_simple", .02, .94, .92},
                                                          {"plural_singular", .15, .84, .88},
                                                          {"antonyms", .33, .74, .76},
                                                          {"country_capital", .28, .82, .86},
                                                          {"person_language", .02, .68, .78},
                                                          {"location_continent", .02, .68, .72},
                                                          {"location_religion", .12, .84, .94}}};

// Overriding in LLaMA 13B, 100 prompts: shares of answers right for the demonstrations' task and for the vector's, as they are and patched.
struct PublishedOverride {
  const char *task, *injected;
  double regular_task, regular_injected, patched_task, patched_injected;
};

inline constexpr std::array<PublishedOverride, 5> kPublishedOverrides = {
    {{"next_letter", "to_upper", .91, .00, .10, .77},
     {"list_last", "list_first", .95, .05, .20, .78},
     {"prev_letter", "next_letter", .51, .14, .08, .74},
     {"present_simple_past_simple", "present_simple_gerund", .98, .00, .01, .97},
     {"en_es", "en_fr", .93, .04, .91, .07}}};

}  // namespace manabi::study::task_vectors
