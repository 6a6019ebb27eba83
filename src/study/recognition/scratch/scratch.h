// Recognition and learning in small decoders that are trained here, on the language of topics: the study's part "scratch". What the files of
// this folder share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/options.h"
#include "lab/record.h"
#include "lab/report.h"
#include "lab/study.h"
#include "study/equipment.h"
#include "world/tokens/topics/topic_world.h"

namespace manabi::study::recognition::scratch {

inline constexpr const char* kPart = "scratch";
inline constexpr const char* kAblationPart = "scratch-ablation";  // networks that never saw a random label

struct Options {
  bool is_wanted = false;
  std::vector<std::string> sizes = {"32x2", "64x2"};  // width x layers
  std::vector<std::string> ablated;                   // sizes that are also trained without random rows
  int64_t seeds = 2;                                  // unless --seeds says otherwise
  int64_t steps = 2000;
  int64_t batch = 32;
  double lr = 2e-3;
  int64_t questions = 500;  // of a setting, group of topics and number of demonstrations

  void set_scale(lab::RunScale scale);
  base::OptionTable table();
};

// Coordinates of a cell. A network's seed has a name of its own, so that the cells of checkpoints are grouped without it.
inline constexpr const char* kNetwork = "network";         // "64x2"
inline constexpr const char* kRandomRows = "random rows";  // share of the training rows
inline constexpr const char* kReplica = "replica";

// Coordinates of a row.
inline constexpr const char* kTopics = "topics";  // name_of a group
inline constexpr const char* kLabels = "setting";
inline constexpr const char* kSymbols = "symbols";  // "frequent", "rare", or "-"
inline constexpr const char* kShots = "shots";

inline constexpr const char* kAccuracy = "accuracy";
inline constexpr const char* kOnTheWay = "accuracy on the way";  // at the most demonstrations, natural-only topics, few questions
inline constexpr const char* kRecognised = "accuracy of Bayes under the true laws";
inline constexpr const char* kNaive = "accuracy of naive Bayes";
inline constexpr const char* kGuess = "uniform guess";
inline constexpr const char* kLoss = "loss";
inline constexpr const char* kParameters = "parameters";

inline constexpr int64_t kSweep[] = {0, 1, 2, 4, 8, 16, 32};
inline constexpr int64_t kMost = 32;

std::string name_of(world::TopicGroup group);

// One way of showing labels, as the rows name it.
struct Arm {
  world::TopicSetting setting;
  std::string labels;   // "gold"
  std::string symbols;  // "-" outside the abstract setting
};
const std::vector<Arm>& arms();

// A size, its share of random rows.
struct Network {
  std::string size;
  double random_rows = world::TopicMixture().random_share;

  int64_t width() const;
  int64_t layers() const;
  lab::Coordinates at() const;
};

// Throws base::Error for sizes that are none.
std::vector<lab::Cell> grid(Options& options, const Equipment& equipment);
bool is_of_scratch(const lab::Cell& cell);

lab::Records measure(const Options& options, std::span<const lab::Cell> group, const Equipment& equipment, lab::Workbench& bench);
int64_t cost_of(const Options& options, std::span<const lab::Cell> group);

// The records of this part, a network's seed under the name by which the lab's statistics know it.
lab::Records records_of_networks(const lab::Records& records);

// What follows reads such records.

// Accuracies, one a seed.
struct Asked {
  Network network;
  std::string labels;
  int64_t shots = kMost;
  std::string symbols = "";  // "" = frequent ones where labels are abstract
  world::TopicGroup topics = world::TopicGroup::natural_only;
};
std::vector<double> accuracies(const lab::Records& records, const Asked& asked, const char* metric = kAccuracy);

// The networks of the records that have random rows as the world says, by size; and one that has none.
std::vector<Network> networks_by_size(const lab::Records& records);
std::optional<Network> ablated_network(const lab::Records& records);
double parameters_of(const lab::Records& records, const Network& network);

std::vector<lab::Claim> claims(const lab::Records& records);
std::vector<lab::Section> sections(const lab::Records& records);

}  // namespace manabi::study::recognition::scratch
