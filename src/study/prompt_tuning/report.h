// What the records of prompt-tuning say.
#pragma once

#include <string>
#include <vector>

#include "lab/claim.h"
#include "lab/record.h"
#include "lab/report.h"

namespace manabi::study::prompt_tuning {

// The values of a coordinate of one model's cells, in the order of the records.
std::vector<std::string> values_at(const lab::Records& records, const std::string& model, const std::string& coordinate);

std::vector<lab::Claim> tuning_claims(const lab::Records& records, const std::string& model);
std::vector<lab::Section> tuning_sections(const lab::Records& records, const std::string& model);

}  // namespace manabi::study::prompt_tuning
