// What the study of the dual form says of one model.
#pragma once

#include <string>
#include <vector>

#include "lab/claim.h"
#include "lab/record.h"
#include "lab/report.h"

namespace manabi::study::dual_form {

inline constexpr const char* kArm = "arm";  // of a cell

std::vector<lab::Claim> dual_claims(const lab::Records& records, const std::string& model);
std::vector<lab::Section> dual_sections(const lab::Records& records, const std::string& model);

}  // namespace manabi::study::dual_form
