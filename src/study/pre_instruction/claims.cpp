#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lab/statistics/seeds.h"
#include "study/pre_instruction/measure.h"
#include "study/pre_instruction/report.h"
#include "study/scored_items.h"

namespace manabi::study::pre_instruction {
namespace {

constexpr const char* kSource = "Jiang et al. 2024, Table 1";
constexpr const char* kOrderSource = "Jiang et al. 2024, Table 2";

// One arm against another, as the paper's Llama-2 7B has it: exact match in points.
struct Comparison {
  const char* more;
  const char* less;
  const char* sentence;
  const char* source;
  double published;
  double margin = 0;
};

// What the paper separates by five points or more, and the smaller steps of its tables.
constexpr std::array<Comparison, 18> kComparisons = {{
    {"pit", "it", "Instruction before the documents does more than instruction after them.", kSource, 15.1},
    {"pit", "cpt", "Instruction before the documents does more than reading alone.", kSource, 17.8},
    {"mix", "cpt", "All mixed does more than reading alone.", kSource, 11.8},
    {"mix", "it", "All mixed does more than instruction after reading.", kSource, 9.1},
    {"mix", "it-kept", "All mixed does more than instruction after reading with the test documents beside it.", kSource, 9.2},
    {"mix", "pit-questions", "All mixed does more than questions alone before reading.", kSource, 10.8},
    {"pit", "mix", "Instruction before the documents does more than all mixed.", kSource, 6.0},
    {"pit", "pit-questions", "The training documents are needed beside their questions.", kSource, 16.8},
    {"pit", "pit-sequential", "Questions and documents are needed together, not one after the other.", kSource, 12.9},
    {"pit", "it-kept", "Instruction before the documents does more than after them with the test documents beside it.", kSource, 15.2},
    {"mix", "pit-sequential", "All mixed does more than questions, documents and test documents one after the other.", kSource, 6.9},
    {"pit++", "pit", "Questions alone before that do no harm.", kSource, 2.7, -1},
    {"before", "after-grouped", "Questions before each document do more than all epochs' questions behind it.", kOrderSource, 18.7},
    {"after", "after-grouped", "Questions after each document do more than all epochs' questions behind it.", kOrderSource, 16.0},
    {"before-grouped", "after-grouped", "All epochs' questions before a document do more than behind it.", kOrderSource, 11.0},
    {"after", "before-grouped", "Epochs one after the other do more than all epochs of a document at once, questions behind it or not.",
     kOrderSource, 5.0},
    {"before", "after", "Questions before each document do more than behind it.", kOrderSource, 2.7},
    {"before", "before-grouped", "Epochs one after the other do more than all epochs of a document at once.", kOrderSource, 7.7},
}};

// The paper has one figure for training with other domains than are tested with: 36.9 against 23.6.
std::string published_of(const Setting& setting, const Comparison& comparison) {
  if (!setting.crosses_domains()) return fmt::format("{:+.1f} points (Llama-2 7B)", comparison.published);
  const bool is_there = std::string_view(comparison.more) == "pit" && std::string_view(comparison.less) == "it";
  return is_there ? "+13.3 points (Llama-2 7B, Table 3)" : "no figure across domains";
}

lab::Claim claim_of(const lab::Records& records, const Setting& setting, const Comparison& comparison) {
  lab::Claim claim{.id = fmt::format("{}-above-{}, {}", comparison.more, comparison.less, setting.name()),
                   .sentence = comparison.sentence,
                   .source = comparison.source,
                   .published = published_of(setting, comparison),
                   .measure = fmt::format("{}: exact match of {} minus {}", setting.name(), comparison.more, comparison.less),
                   .unit = "points",
                   .direction = lab::Direction::above,
                   .margin = comparison.margin};
  claim.effect = exact_difference(records, setting, comparison.more, comparison.less);
  if (!claim.effect) claim.missing = "both arms";
  return claim;
}

}  // namespace

std::string Setting::name() const {
  return fmt::format("{}, {} {}", lab::text_at(at, "model"), lab::text_at(at, kKnowledge), lab::text_at(at, kDocuments));
}

lab::Coordinates Setting::at_arm(const std::string& arm) const {
  lab::Coordinates there = at;
  there[kArm] = arm;
  return there;
}

bool Setting::crosses_domains() const { return lab::text_at(at, kKnowledge).find('>') != std::string::npos; }

std::vector<Setting> settings_of(const lab::Records& records) {
  std::vector<Setting> settings;
  for (const lab::CellRecord& record : records) {
    Setting setting{.at = record.cell.at};
    setting.at.erase(kArm);
    setting.at.erase(lab::kSeed);
    if (std::ranges::find(settings, setting.at, &Setting::at) == settings.end()) settings.push_back(std::move(setting));
  }
  return settings;
}

std::vector<std::string> arms_of(const lab::Records& records, const Setting& setting) {
  std::vector<std::string> arms;
  for (const lab::CellRecord* record : lab::select(records, setting.at)) {
    const std::string& arm = lab::text_at(record->cell.at, kArm);
    if (std::ranges::find(arms, arm) == arms.end()) arms.push_back(arm);
  }
  return arms;
}

std::optional<lab::Interval> exact_of(const lab::Records& records, const Setting& setting, const std::string& arm) {
  return accuracy_of(records, setting.at_arm(arm));
}

std::optional<lab::Interval> exact_difference(const lab::Records& records, const Setting& setting, const std::string& more,
                                              const std::string& less) {
  return accuracy_difference(records, setting.at_arm(more), setting.at_arm(less), "");
}

std::vector<lab::Claim> claims_of(const lab::Records& records) {
  std::vector<lab::Claim> claims;
  for (const Setting& setting : settings_of(records)) {
    const std::vector<std::string> arms = arms_of(records, setting);
    const auto has = [&](const char* arm) { return std::ranges::find(arms, arm) != arms.end(); };
    for (const Comparison& comparison : kComparisons)
      if (has(comparison.more) && has(comparison.less)) claims.push_back(claim_of(records, setting, comparison));
  }
  return claims;
}

}  // namespace manabi::study::pre_instruction
