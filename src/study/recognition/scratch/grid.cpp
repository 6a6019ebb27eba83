// Which networks are trained, and what their cells are called.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "base/error.h"
#include "lab/statistics/seeds.h"
#include "study/recognition/scratch/scratch.h"
#include "tensor/device.h"

namespace manabi::study::recognition::scratch {
namespace {

// Raised with any change to the networks or to what they are asked; the study's own version is that of a checkpoint's cells too.
constexpr const char* kNetworksVersion = "1";

// "64x2" -> {64, 2}.
std::pair<int64_t, int64_t> parse_size(const std::string& text) {
  int64_t width = 0, layers = 0;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, width);
  const bool has_cross = first.ec == std::errc() && first.ptr != end && *first.ptr == 'x';
  const auto second = has_cross ? std::from_chars(first.ptr + 1, end, layers) : first;
  if (!has_cross || second.ec != std::errc() || second.ptr != end || width < 32 || width % 32 != 0 || width > 4096 || layers < 1 || layers > 64)
    throw base::Error({.where = "--scratch-sizes",
                       .given = "'" + text + "'",
                       .expected = "WIDTHxLAYERS, the width a multiple of 32 (one head for each 32), as in 64x2"});
  return {width, layers};
}

// Checkpoints are read in other dtypes; a run of both kinds should say how to go on.
void refuse_other_dtypes(const Equipment& equipment) {
  if (const std::string dtype = tensor::name_of(equipment.compute().dtype); dtype != "float32")
    throw base::Error({.where = "--dtype",
                       .given = dtype,
                       .expected = "float32, in which networks are trained from scratch",
                       .hint = "--no-scratch leaves these out"});
}

}  // namespace

void Options::set_scale(lab::RunScale scale) {
  *this = Options{};
  if (scale == lab::RunScale::quick) return;
  is_wanted = true;
  sizes = {"32x2", "64x4", "128x6"};
  ablated = {"128x6"};
  seeds = 3;
  steps = 3000;
  if (scale == lab::RunScale::full) return;
  sizes.emplace_back("256x8");
  seeds = 5;
  steps = 50'000;
}

base::OptionTable Options::table() {
  using base::Changes;
  base::OptionTable table;
  table.add({.name = "scratch",
             .help = "also train small decoders from scratch: the part 'scratch' (always in --full and --paper)",
             .target = &is_wanted});
  table.add({.name = "scratch-sizes", .help = "of networks trained from scratch, WIDTHxLAYERS", .target = &sizes});
  table.add({.name = "scratch-ablated", .help = "sizes that are also trained without random-label rows", .target = &ablated});
  table.add({.name = "scratch-steps",
             .help = "of training from scratch",
             .target = &steps,
             .changes = Changes::value,
             .least = 1,
             .most = 1'000'000'000});
  table.add({.name = "scratch-batch",
             .help = "rows of one step, 33 labelled examples each",
             .target = &batch,
             .changes = Changes::value,
             .least = 1,
             .most = 1'000'000});
  table.add({.name = "scratch-lr", .help = "learning rate of AdamW at its highest", .target = &lr, .changes = Changes::value});
  table.add({.name = "scratch-questions",
             .help = "prompts of each setting, group of topics and K",
             .target = &questions,
             .changes = Changes::value,
             .least = 1,
             .most = 1'000'000});
  return table;
}

std::string name_of(world::TopicGroup group) {
  switch (group) {
    case world::TopicGroup::every_mode:
      return "every mode";
    case world::TopicGroup::natural_only:
      return "natural only";
    default:
      return "unseen";
  }
}

const std::vector<Arm>& arms() {
  using world::SymbolKind;
  using world::TopicLabels;
  static const std::vector<Arm> all = {{{TopicLabels::gold}, "gold", "-"},
                                       {{TopicLabels::random}, "random", "-"},
                                       {{TopicLabels::abstract, SymbolKind::frequent}, "abstract", "frequent"},
                                       {{TopicLabels::abstract, SymbolKind::rare}, "abstract", "rare"}};
  return all;
}

int64_t Network::width() const { return parse_size(size).first; }
int64_t Network::layers() const { return parse_size(size).second; }
lab::Coordinates Network::at() const { return {{kNetwork, size}, {kRandomRows, fmt::format("{}", random_rows)}}; }

std::vector<lab::Cell> grid(Options& options, const Equipment& equipment) {
  if (!options.is_wanted) return {};
  refuse_other_dtypes(equipment);
  std::vector<Network> networks;
  for (const std::string& size : options.sizes) networks.push_back({.size = size});
  for (const std::string& size : options.ablated) networks.push_back({.size = size, .random_rows = 0});
  lab::Coordinates inputs = equipment.training_inputs();
  inputs["options"] = options.table().to_json(/*only_value_changing=*/true).dump();
  inputs["networks"] = kNetworksVersion;
  const EquipmentOptions& asked = equipment.options();
  const int64_t count = asked.seeds > 0 ? asked.seeds : options.seeds;
  std::vector<lab::Cell> cells;
  for (const Network& network : networks) {
    parse_size(network.size);
    for (int64_t seed = asked.seed; seed < asked.seed + count; ++seed) {
      lab::Cell cell{.at = network.at(), .inputs = inputs, .part = network.random_rows > 0 ? kPart : kAblationPart};
      cell.at[kReplica] = std::to_string(seed);
      cells.push_back(std::move(cell));
    }
  }
  return cells;
}

bool is_of_scratch(const lab::Cell& cell) { return cell.at.contains(kReplica); }

lab::Records records_of_networks(const lab::Records& records) {
  lab::Records chosen;
  for (const lab::CellRecord& record : records) {
    if (!is_of_scratch(record.cell)) continue;
    chosen.push_back(record);
    auto renamed = chosen.back().cell.at.extract(kReplica);
    renamed.key() = lab::kSeed;
    chosen.back().cell.at.insert(std::move(renamed));
  }
  return chosen;
}

std::vector<double> accuracies(const lab::Records& records, const Asked& asked, const char* metric) {
  const bool is_abstract = asked.labels == "abstract";
  const std::string symbols = is_abstract && asked.symbols.empty() ? "frequent" : is_abstract ? asked.symbols : "-";
  return lab::last_values(
      records, {.cell = asked.network.at(),
                .metric = metric,
                .row = {{kTopics, name_of(asked.topics)}, {kLabels, asked.labels}, {kSymbols, symbols}, {kShots, std::to_string(asked.shots)}}});
}

double parameters_of(const lab::Records& records, const Network& network) {
  const std::vector<double> counts = lab::last_values(records, {.cell = network.at(), .metric = kParameters});
  return counts.empty() ? 0 : counts.front();
}

namespace {

std::vector<Network> networks_in(const lab::Records& records, bool have_random_rows) {
  std::vector<Network> networks;
  for (const lab::Coordinates& at : lab::settings_in(records))
    if ((lab::number_at(at, kRandomRows) > 0) == have_random_rows)
      networks.push_back({.size = lab::text_at(at, kNetwork), .random_rows = lab::number_at(at, kRandomRows)});
  std::ranges::stable_sort(networks, {}, [&](const Network& network) { return parameters_of(records, network); });
  return networks;
}

}  // namespace

std::vector<Network> networks_by_size(const lab::Records& records) { return networks_in(records, true); }

std::optional<Network> ablated_network(const lab::Records& records) {
  const std::vector<Network> networks = networks_in(records, false);
  return networks.empty() ? std::nullopt : std::optional(networks.back());
}

}  // namespace manabi::study::recognition::scratch
