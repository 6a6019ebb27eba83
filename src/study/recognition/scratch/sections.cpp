// Figures and tables of the networks trained from scratch.
#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "lab/statistics/seeds.h"
#include "study/recognition/scratch/scratch.h"

namespace manabi::study::recognition::scratch {
namespace {

constexpr const char* kOverSeeds = "Mean over seeds with Student's 95 % interval.";

struct Line {
  std::string name;
  Asked asked;
  const char* metric = kAccuracy;
};

lab::Series over_shots(const lab::Records& records, Line line) {
  lab::Series series{.name = line.name};
  for (const int64_t shots : kSweep) {
    line.asked.shots = shots;
    const std::vector<double> values = accuracies(records, line.asked, line.metric);
    if (!values.empty()) series.points.push_back(lab::point_over_seeds(static_cast<double>(shots), values));
  }
  return series;
}

lab::Figure figure_over_shots(const lab::Records& records, const std::string& title, const std::vector<Line>& lines) {
  lab::Figure figure{.title = title,
                     .caption = std::string("Topics of which training shows natural labels alone. ") + kOverSeeds,
                     .x_label = "demonstrations, K",
                     .y_label = "accuracy",
                     .x_scale = lab::Scale::log2,
                     .y_is_share = true};
  for (const Line& line : lines) figure.series.push_back(over_shots(records, line));
  return figure;
}

std::vector<Line> settings_of(const Network& network) {
  return {{"GOLD", {network, "gold"}}, {"RANDOM", {network, "random"}}, {"ABSTRACT", {network, "abstract"}}};
}

double mean_of(const std::vector<double>& values) {
  return values.empty() ? 0 : std::reduce(values.begin(), values.end()) / static_cast<double>(values.size());
}

std::pair<std::string, double> guess_line(const lab::Records& records, const Network& network) {
  return {"uniform guess", mean_of(accuracies(records, {network, "gold"}, kGuess))};
}

lab::Figure against_size(const lab::Records& records, const std::vector<Network>& networks) {
  lab::Figure figure{.title = "Accuracy against size, K = 32",
                     .caption = std::string("Topics of which training shows natural labels alone. ") + kOverSeeds,
                     .x_label = "network, width x layers",
                     .y_label = "accuracy",
                     .x_scale = lab::Scale::category,
                     .y_is_share = true};
  for (const Network& network : networks) figure.categories.push_back(network.size);
  for (const Line& line : settings_of(networks.front())) {
    lab::Series series{.name = line.name};
    for (size_t i = 0; i < networks.size(); ++i) {
      Asked asked = line.asked;
      asked.network = networks[i];
      if (const std::vector<double> values = accuracies(records, asked); !values.empty())
        series.points.push_back(lab::point_over_seeds(static_cast<double>(i), values));
    }
    figure.series.push_back(std::move(series));
  }
  figure.reference_lines = {guess_line(records, networks.back()),
                            {"Bayes under the true laws", mean_of(accuracies(records, {networks.back(), "gold"}, kRecognised))}};
  return figure;
}

lab::Figure against_shots(const lab::Records& records, const Network& largest) {
  std::vector<Line> lines = settings_of(largest);
  lines.push_back({"naive Bayes on the demonstrations", {largest, "abstract"}, kNaive});
  lab::Figure figure = figure_over_shots(records, "Accuracy against K: " + largest.size, lines);
  figure.reference_lines = {guess_line(records, largest),
                            {"Bayes under the true laws", mean_of(accuracies(records, {largest, "gold"}, kRecognised))}};
  return figure;
}

lab::Figure along_training(const lab::Records& records, const Network& network) {
  lab::Figure figure{.title = "Along training, K = 32: " + network.size,
                     .caption = std::string("Few questions. ") + kOverSeeds,
                     .x_label = "step",
                     .y_label = "accuracy",
                     .y_is_share = true,
                     .is_small = true};
  for (const auto& [name, labels, symbols] :
       {std::tuple{"GOLD", "gold", "-"}, std::tuple{"RANDOM", "random", "-"}, std::tuple{"ABSTRACT", "abstract", "frequent"}})
    figure.series.push_back(
        lab::series_over_steps(name, records, {.cell = network.at(), .metric = kOnTheWay, .row = {{kLabels, labels}, {kSymbols, symbols}}}));
  return figure;
}

lab::Table by_group(const lab::Records& records, const std::vector<Network>& networks) {
  lab::Table table{.title = "Accuracy by group of topics, percent",
                   .caption = "Topics that training shows in every mode; with natural labels alone; never. K = 4 and 32, means over seeds.",
                   .columns = {"network", "topics", "GOLD", "RANDOM", "ABSTRACT", "ABSTRACT, rare symbols", "naive Bayes"}};
  for (const Network& network : networks)
    for (const world::TopicGroup group : {world::TopicGroup::every_mode, world::TopicGroup::natural_only, world::TopicGroup::unseen}) {
      const auto cell = [&](const char* labels, const char* symbols, const char* metric) {
        Asked asked{.network = network, .labels = labels, .shots = 4, .symbols = symbols, .topics = group};
        const double few = 100 * mean_of(accuracies(records, asked, metric));
        asked.shots = kMost;
        return fmt::format("{:.1f}, {:.1f}", few, 100 * mean_of(accuracies(records, asked, metric)));
      };
      table.rows.push_back({network.size, name_of(group), cell("gold", "", kAccuracy), cell("random", "", kAccuracy),
                            cell("abstract", "frequent", kAccuracy), cell("abstract", "rare", kAccuracy), cell("abstract", "frequent", kNaive)});
    }
  return table;
}

}  // namespace

std::vector<lab::Section> sections(const lab::Records& records) {
  const std::vector<Network> networks = networks_by_size(records);
  if (networks.empty()) return {};
  const Network& largest = networks.back();
  lab::Section section{.title = "From scratch"};
  section.blocks.emplace_back(
      "Small decoders trained here on a language of topics, whose natural label words mean the same everywhere and whose symbols mean something "
      "else in every sequence. Bayes under the true laws ignores the demonstrations: the most that recognition can give. Naive Bayes knows "
      "nothing but the demonstrations.");
  section.blocks.emplace_back(against_size(records, networks));
  section.blocks.emplace_back(against_shots(records, largest));
  section.blocks.emplace_back(figure_over_shots(
      records, "Symbols often and rarely seen in training: " + largest.size,
      {{"often", {.network = largest, .labels = "abstract"}}, {"rarely", {.network = largest, .labels = "abstract", .symbols = "rare"}}}));
  if (const std::optional<Network> ablated = ablated_network(records))
    section.blocks.emplace_back(figure_over_shots(records, "Trained without random-label rows: " + ablated->size, settings_of(*ablated)));
  for (const Network& network : networks) section.blocks.emplace_back(along_training(records, network));
  section.blocks.emplace_back(by_group(records, networks));
  return {std::move(section)};
}

}  // namespace manabi::study::recognition::scratch
