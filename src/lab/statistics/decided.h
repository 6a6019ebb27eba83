// Claims about trained networks, which their seeds decide.
#pragma once

#include <string>
#include <vector>

#include "lab/claim.h"

namespace manabi::lab {

// The claim with Student's interval over one effect a seed; where there are fewer than two it says that `missing` is.
Claim decided_by_seeds(Claim claim, const std::vector<double>& effects, const std::string& missing);

}  // namespace manabi::lab
