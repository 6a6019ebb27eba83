#include "lab/statistics/decided.h"

#include "lab/statistics/seeds.h"

namespace manabi::lab {

Claim decided_by_seeds(Claim claim, const std::vector<double>& effects, const std::string& missing) {
  claim.effect = interval_over_seeds(effects);
  if (!claim.effect) claim.missing = missing;
  return claim;
}

}  // namespace manabi::lab
