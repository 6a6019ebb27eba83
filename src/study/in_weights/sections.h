// What the page shows of the records.
#pragma once

#include <vector>

#include "lab/record.h"
#include "lab/report.h"

namespace manabi::study::in_weights {

std::vector<lab::Section> sections_of(const lab::Records& records);

}  // namespace manabi::study::in_weights
