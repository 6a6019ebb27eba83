#include "lab/claim.h"

#include <limits>
#include <stdexcept>

namespace manabi::lab {
namespace {

// Where the interval lies of the region [low, high] in which the claim is true.
Verdict position(const Interval& effect, double low, double high) {
  if (effect.low > low && effect.high < high) return Verdict::holds;
  if (effect.high <= low || effect.low >= high) return Verdict::does_not_hold;
  return Verdict::undecided;
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

Verdict verdict_of(const Claim& claim) {
  if (!claim.effect) return Verdict::not_tested;
  switch (claim.direction) {
    case Direction::above:
      return position(*claim.effect, claim.margin, kInfinity);
    case Direction::below:
      return position(*claim.effect, -kInfinity, claim.margin);
    case Direction::equivalent:
      return position(*claim.effect, -claim.margin, claim.margin);
  }
  throw std::logic_error("claim '" + claim.id + "' has no direction");
}

std::string name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "holds";
    case Verdict::does_not_hold:
      return "does not hold";
    case Verdict::undecided:
      return "undecided";
    case Verdict::not_tested:
      return "not tested here";
  }
  throw std::logic_error("no such verdict");
}

}  // namespace manabi::lab
