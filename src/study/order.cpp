// Does the order of the demonstrations matter? Lu, Bartolo, Moore, Riedel and Stenetorp (2022): the same few demonstrations, in one order or
// another, take a model from near its best to near chance.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "lab/statistics/statistics.h"
#include "learn/scoring/few_shot_reader.h"
#include "study/equipment.h"
#include "world/few_shot/few_shot.h"

namespace manabi::study {
namespace {

constexpr int64_t kReservedTokens = 8;  // of the context, for the longest answer
constexpr double kPoints = 100;

struct OrderOptions {
  std::vector<std::string> tasks = {"sentiment", "topics"};
  std::vector<int64_t> shots = {4, 8};
  int64_t orders = 8;
  int64_t items = 24;
  int64_t draws = 5;
};

class Order final : public lab::Study {
 public:
  explicit Order(Equipment& equipment) : equipment_(equipment) {}

  lab::StudyInfo info() const override {
    return {.name = "order",
            .title = "Does the order of the demonstrations matter?",
            .question =
                "The same demonstrations are shown in several orders, for the same queries. How far apart are the accuracies, beyond what "
                "so few queries would scatter by themselves?",
            .paper =
                "Yao Lu, Max Bartolo, Alastair Moore, Sebastian Riedel, Pontus Stenetorp (2022): Fantastically Ordered Prompts and Where to "
                "Find Them. ACL 2022.",
            .link = "https://arxiv.org/abs/2104.08786"};
  }

  void set_scale(lab::RunScale scale) override {
    options_ = OrderOptions{};
    if (scale == lab::RunScale::quick) return;
    options_.tasks = {};
    options_.shots = {4, 8, 16};
    options_.orders = 24;
    options_.items = scale == lab::RunScale::full ? 48 : 256;
  }

  base::OptionTable options() override {
    base::OptionTable table;
    table.add({.name = "tasks",
               .help = "data sets: names of `manabi list tasks` or TOML files of your own; none: sst2, trec, agnews and rte with --data, else "
                       "built-in ones",
               .target = &options_.tasks});
    table.add({.name = "shots",
               .help = "numbers of demonstrations, K",
               .target = &options_.shots,
               .alias = "num-fewshot",
               .least = 1,
               .most = 100'000});
    table.add({.name = "orders", .help = "how many orders of each draw", .target = &options_.orders, .least = 1, .most = 100'000});
    table.add({.name = "items",
               .help = "queries of one draw",
               .target = &options_.items,
               .changes = base::Changes::value,
               .alias = "limit",
               .least = 1,
               .most = 1'000'000});
    return table;
  }

  std::vector<lab::Cell> grid() override;
  std::vector<std::string> together() const override { return {"order"}; }
  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override;
  int64_t cost_of(std::span<const lab::Cell> group) const override {
    return static_cast<int64_t>(group.size()) * (options_.items + lab::integer_at(group.front().at, "shots"));
  }
  std::vector<lab::Claim> claims(const lab::Records& records) const override;
  std::vector<lab::Section> sections(const lab::Records& records) const override;

 private:
  world::FewShotConfig config_of(const lab::Coordinates& at) const {
    return {.shots = lab::integer_at(at, "shots"),
            .ladder = {lab::integer_at(at, "shots")},
            .order = lab::integer_at(at, "order"),
            .demonstrations = world::Demonstrations::fixed};
  }

  Equipment& equipment_;
  OrderOptions options_;
  Tasks tasks_;  // as grid() opened them
};

std::vector<lab::Cell> Order::grid() {
  std::vector<lab::Cell> cells;
  // The data folder is known only after the scale.
  const std::vector<std::string> usual = equipment_.options().data.empty()
                                             ? std::vector<std::string>{"sentiment", "questions", "topics", "entailment"}
                                             : std::vector<std::string>{"sst2", "trec", "agnews", "rte"};
  tasks_ = equipment_.open_tasks(options_.tasks.empty() ? usual : options_.tasks);
  const int64_t first_seed = equipment_.options().seed;
  const int64_t seeds = equipment_.options().seeds > 0 ? equipment_.options().seeds : options_.draws;
  for (const std::string& model : equipment_.options().model) {
    lab::Coordinates inputs = equipment_.model_inputs(model);
    inputs["options"] = options().to_json(/*only_value_changing=*/true).dump();
    for (const std::shared_ptr<const world::Dataset>& dataset : tasks_.all()) {
      for (int64_t shots : options_.shots)
        for (int64_t seed = first_seed; seed < first_seed + seeds; ++seed)
          for (int64_t order = 0; order < options_.orders; ++order) {
            lab::Cell cell{.at = {{"model", model},
                                  {"task", dataset->name},
                                  {"shots", std::to_string(shots)},
                                  {"seed", std::to_string(seed)},
                                  {"order", std::to_string(order)}},
                           .inputs = inputs,
                           .part = dataset->name};
            cell.inputs["world"] = world::FewShotWorld(dataset, config_of(cell.at)).hash();
            cells.push_back(std::move(cell));
          }
    }
  }
  return cells;
}

lab::Records Order::measure(std::span<const lab::Cell> group, lab::Workbench& bench) {
  const lab::Coordinates& first = group.front().at;
  const std::shared_ptr<const world::Dataset> dataset = tasks_.named(lab::text_at(first, "task"));
  const world::PromptLimit limit = equipment_.prompt_limit(lab::text_at(first, "model"), kReservedTokens);
  const int64_t seed = lab::integer_at(first, "seed");
  const world::Queries queries = world::fitting_queries(world::FewShotWorld(dataset, config_of(first), limit), *dataset, seed, options_.items);

  std::vector<world::Episode> episodes;
  for (const lab::Cell& cell : group) {
    const world::FewShotWorld world(dataset, config_of(cell.at), limit);
    for (int64_t query : queries.indices) episodes.push_back(world.draw(seed, query));
  }
  learn::ReaderOptions reading;
  reading.score.token_budget = equipment_.options().token_budget;
  const Subject subject = equipment_.subject(lab::text_at(first, "model"), reading, {.cancel = bench.watch.cancel});
  const world::Answers answers = subject.learner->answer(episodes, world::Ask::choices);

  lab::Records records;
  size_t next = 0;
  for (const lab::Cell& cell : group) {
    lab::CellRecord record{.cell = cell};
    for (size_t i = 0; i < queries.indices.size(); ++i, ++next)
      record.items.push_back({.id = episodes[next].id, .draw = seed, .scores = answers[next].scores, .target = episodes[next].target});
    record.rows = {{.metric = "uniform guess", .value = 1.0 / static_cast<double>(dataset->classes()), .n = 1}};
    records.push_back(std::move(record));
  }
  return records;
}

// Accuracies of one draw of demonstrations under its orders, over two halves of the same queries.
struct Draw {
  std::vector<double> even, odd, all;  // one an order
};

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

std::map<std::string, Draw> draws_at(const lab::Records& records, int64_t shots) {
  std::map<std::string, Draw> draws;
  for (const lab::CellRecord* record : lab::select(records, {{"shots", std::to_string(shots)}})) {
    Draw& draw = draws[lab::text_at(record->cell.at, "model") + " " + lab::text_at(record->cell.at, "task") + " " +
                       lab::text_at(record->cell.at, "seed")];
    double right[2] = {0, 0}, count[2] = {0, 0};
    for (size_t i = 0; i < record->items.size(); ++i) {
      right[i % 2] += record->items[i].is_right();
      count[i % 2] += 1;
    }
    if (count[1] == 0) continue;
    draw.even.push_back(right[0] / count[0]);
    draw.odd.push_back(right[1] / count[1]);
    draw.all.push_back((right[0] + right[1]) / (count[0] + count[1]));
  }
  std::erase_if(draws, [](const auto& entry) { return entry.second.all.size() < 2; });
  return draws;
}

// Variance that the orders share between the halves: queries scatter each half by themselves, so they drop out of the covariance.
double variance_between_orders(const Draw& draw) {
  const double even = mean_of(draw.even), odd = mean_of(draw.odd);
  double sum = 0;
  for (size_t i = 0; i < draw.even.size(); ++i) sum += (draw.even[i] - even) * (draw.odd[i] - odd);
  return sum / static_cast<double>(draw.even.size() - 1);
}

double range_of_orders(const Draw& draw) {
  const auto [least, most] = std::ranges::minmax_element(draw.all);
  return *most - *least;
}

std::vector<int64_t> shots_in(const lab::Records& records) {
  std::vector<int64_t> shots;
  for (const lab::CellRecord& record : records) shots.push_back(lab::integer_at(record.cell.at, "shots"));
  std::ranges::sort(shots);
  shots.erase(std::unique(shots.begin(), shots.end()), shots.end());
  return shots;
}

std::vector<lab::Claim> Order::claims(const lab::Records& records) const {
  std::vector<lab::Claim> all;
  for (int64_t shots : shots_in(records)) {
    lab::Claim claim{.id = fmt::format("order-matters-at-{}", shots),
                     .sentence = fmt::format("With {} demonstrations, their order alone moves accuracy.", shots),
                     .source = "section 2, Figure 1",
                     .published = "SST-2, 4 demonstrations, GPT-2 family: from near chance to above 85 % between orders (figure only)",
                     .measure = "variance of accuracy between orders of the same demonstrations, beyond sampling, mean over draws",
                     .unit = "points squared",
                     .direction = lab::Direction::above,
                     .margin = 4};
    std::vector<double> variances;
    for (const auto& [name, draw] : draws_at(records, shots)) variances.push_back(kPoints * kPoints * variance_between_orders(draw));
    if (variances.size() >= 2)
      claim.effect = lab::student_mean(variances);
    else
      claim.missing = "two draws of demonstrations with two orders each";
    all.push_back(std::move(claim));
  }
  return all;
}

std::vector<lab::Section> Order::sections(const lab::Records& records) const {
  lab::Table table{.title = "Between the worst and the best order",
                   .caption = "Accuracy in points, over the orders of one draw of demonstrations."};
  table.columns = {"draw", "K", "mean", "worst order", "best order", "range"};
  for (int64_t shots : shots_in(records))
    for (const auto& [name, draw] : draws_at(records, shots)) {
      const double worst = *std::ranges::min_element(draw.all);
      table.rows.push_back({name, std::to_string(shots), fmt::format("{:.1f}", kPoints * mean_of(draw.all)),
                            fmt::format("{:.1f}", kPoints * worst), fmt::format("{:.1f}", kPoints * (worst + range_of_orders(draw))),
                            fmt::format("{:.1f}", kPoints * range_of_orders(draw))});
    }
  return {{.title = "Order by order", .blocks = {std::move(table)}}};
}

}  // namespace

std::unique_ptr<lab::Study> make_order(Equipment& equipment) { return std::make_unique<Order>(equipment); }

}  // namespace manabi::study
