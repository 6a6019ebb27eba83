// The stylised model's claims and what the page shows of it; margins were fixed before any run.
#pragma once

#include <vector>

#include "lab/claim.h"
#include "lab/record.h"
#include "lab/report.h"

namespace manabi::study::in_weights {

std::vector<lab::Claim> gate_claims(const lab::Records& records);
std::vector<lab::Section> gate_sections(const lab::Records& records);

}  // namespace manabi::study::in_weights
