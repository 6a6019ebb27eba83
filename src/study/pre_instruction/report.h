// What records of the study say: effects for its claims, tables and figures.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/claim.h"
#include "lab/record.h"
#include "lab/report.h"

namespace manabi::study::pre_instruction {

// One group of arms that are compared: a model, what it reads, how much of it.
struct Setting {
  lab::Coordinates at;  // of its cells, without arm and seed
  std::string name() const;
  lab::Coordinates at_arm(const std::string& arm) const;
  bool crosses_domains() const;  // trains with documents of another domain than it tests with
};
std::vector<Setting> settings_of(const lab::Records& records);
std::vector<std::string> arms_of(const lab::Records& records, const Setting& setting);

// Share of the test questions that an arm answers rightly, or one arm's less another's, over seeds and questions; nothing without both.
std::optional<lab::Interval> exact_of(const lab::Records& records, const Setting& setting, const std::string& arm);
std::optional<lab::Interval> exact_difference(const lab::Records& records, const Setting& setting, const std::string& more,
                                              const std::string& less);

std::vector<lab::Claim> claims_of(const lab::Records& records);
std::vector<lab::Section> sections_of(const lab::Records& records);

}  // namespace manabi::study::pre_instruction
