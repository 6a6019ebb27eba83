// The paper's sentences as tests over records; margins were fixed before any full run.
#pragma once

#include <vector>

#include "lab/claim.h"
#include "lab/record.h"

namespace manabi::study::in_weights {

std::vector<lab::Claim> claims_of(const lab::Records& records);

}  // namespace manabi::study::in_weights
