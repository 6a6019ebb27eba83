// What the files of the study "recognition" share: its options, the names of its coordinates, and how records are picked.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lab/record.h"
#include "lab/report.h"
#include "lab/statistics/statistics.h"

namespace manabi::study::recognition {

struct Options {
  std::vector<std::string> tasks;  // empty: the scale's own choice
  std::vector<std::string> settings = {"gold", "random", "abstract"};
  std::vector<std::string> symbols = {"numbers"};
  std::vector<int64_t> shots = {0, 4, 8, 16};
  std::vector<int64_t> templates = {1};
  int64_t items = 2;   // queries of one seed: the same at every scale, so that larger ones reuse smaller ones
  int64_t draws = 12;  // seeds, unless --seeds says otherwise
  std::string demos = "fresh";
  std::string white_space = "clean";
  std::string too_long = "drop_item";
  std::string beginning = "auto";
  bool one_token = false;
  bool symbol_ablation = false;
};

// Coordinates of a cell. "symbols" is "-" outside the abstract setting.
inline constexpr const char* kModel = "model";
inline constexpr const char* kTask = "task";
inline constexpr const char* kTemplate = "template";
inline constexpr const char* kSetting = "setting";
inline constexpr const char* kSymbols = "symbols";
inline constexpr const char* kShots = "shots";
inline constexpr const char* kSeed = "seed";

// Metrics that every cell carries besides its scored items, so that a page needs neither data nor model.
inline constexpr const char* kChance = "uniform guess";
inline constexpr const char* kMajority = "majority";
inline constexpr const char* kParameters = "parameters";
inline constexpr const char* kDropped = "dropped items";
inline constexpr const char* kDroppedShots = "dropped demonstrations";  // only where there were some
inline constexpr const char* kKind = "kind";                            // an exhibit: the type of the task

// One curve of the study: a setting (with its symbols) of one model.
struct Curve {
  std::string model;
  std::string setting;
  std::string symbols;  // "-" outside the abstract setting
};

std::string label_of(const Curve& curve);  // "GOLD", "ABSTRACT (numbers)"

std::vector<int64_t> shots_of(const lab::Records& records);  // distinct, ascending
std::vector<Curve> curves_of(const lab::Records& records, const std::string& model);

// A task under one template.
struct Population {
  std::string task;
  std::string template_name;
  auto operator<=>(const Population&) const = default;
};

// The observations of a curve at K by population. Only tasks of `kind`, where one is given.
using Populations = std::map<Population, lab::Stratum>;
Populations populations(const lab::Records& records, const Curve& curve, int64_t shots, const std::string& kind = "");

// All templates of a task ask the same items with the same demonstrations: they are one stratum, not independent ones.
std::map<std::string, lab::Stratum> strata_by_task(const Populations& populations);

// Mean accuracy over tasks; the records hold at least one.
lab::Interval accuracy(const Populations& populations);

// The mean over classes of the harmonic mean of precision and recall, then over tasks and templates: what answering with the most frequent
// class alone does not raise.
double macro_f1(const lab::Records& records, const Curve& curve, int64_t shots);

double metric_of(const lab::CellRecord& record, const std::string& metric);  // throws base::Error when the cell has none
// Over tasks: all of the records', or those named.
double mean_metric(const lab::Records& records, const std::string& metric, const std::set<std::string>& tasks = {});

std::vector<lab::Claim> claims(const lab::Records& records);
std::vector<lab::Section> sections(const lab::Records& records);

}  // namespace manabi::study::recognition
