// A sentence of a paper as a test over records, decided by an interval and a margin that were fixed before the run.
#pragma once

#include <optional>
#include <string>

#include "lab/statistics/statistics.h"

namespace manabi::lab {

enum class Direction { above, below, equivalent };
enum class Verdict { holds, does_not_hold, undecided, not_tested };

struct Claim {
  std::string id;         // "random-flat-in-shots"
  std::string sentence;   // in our words
  std::string source;     // paper, section or table
  std::string published;  // the paper's figure for it, or why there is none
  std::string measure;    // what the effect is: "accuracy at K=16 minus K=4, RANDOM, points"
  std::string unit;       // "points", "nats"
  Direction direction = Direction::above;
  double margin = 0;  // above: effect > margin; below: effect < margin; equivalent: |effect| < margin
  std::optional<Interval> effect;
  std::string missing;  // why there is no effect: which cells
};

// holds: the interval lies wholly on the claimed side of the margin; does_not_hold: wholly on the other; undecided: across it.
Verdict verdict_of(const Claim& claim);
std::string name_of(Verdict verdict);  // "holds", "does not hold", "undecided", "not tested here"

}  // namespace manabi::lab
