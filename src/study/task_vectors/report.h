// What the page says: claims and sections, from records alone.
#pragma once

#include <string>
#include <vector>

#include "lab/claim.h"
#include "lab/record.h"
#include "lab/report.h"

namespace manabi::study::task_vectors {

std::vector<lab::Claim> vector_claims(const lab::Records& records, const std::string& model);
std::vector<lab::Section> vector_sections(const lab::Records& records, const std::string& model);

}  // namespace manabi::study::task_vectors
