// What the records of prompt-tuning say.
#pragma once

#include <string>
#include <vector>

#include "lab/claim.h"
#include "lab/record.h"
#include "lab/report.h"

namespace manabi::study::prompt_tuning {

// Cells of one setting, one a seed; select by the coordinates.
std::vector<lab::Stratum> right_answers(const lab::Records& records, const lab::Coordinates& where);
// Of a setting: the share of right answers, over seeds and items; nothing without cells.
std::optional<lab::Interval> accuracy_of(const lab::Records& records, const lab::Coordinates& where);

std::vector<lab::Claim> tuning_claims(const lab::Records& records, const std::string& model);
std::vector<lab::Section> tuning_sections(const lab::Records& records, const std::string& model);

}  // namespace manabi::study::prompt_tuning
