// What the study of function vectors says of one model.
#pragma once

#include <string>
#include <vector>

#include "lab/claim.h"
#include "lab/record.h"
#include "lab/report.h"

namespace manabi::study::function_vectors {

inline constexpr const char* kWhat = "what";  // of a cell: "task", "composition"

std::vector<lab::Claim> function_claims(const lab::Records& records, const std::string& model);
std::vector<lab::Section> function_sections(const lab::Records& records, const std::string& model);

}  // namespace manabi::study::function_vectors
