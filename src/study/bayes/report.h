// What the study says of its records.
#pragma once

#include <vector>

#include "lab/study.h"

namespace manabi::study::bayes {

std::vector<lab::Claim> claims(const lab::Records& records);
std::vector<lab::Section> sections(const lab::Records& records);

}  // namespace manabi::study::bayes
