// Training the networks of a group together, and asking each of them.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lab/statistics/seeds.h"
#include "learn/training/token_training.h"
#include "study/recognition/scratch/scratch.h"
#include "study/training/pair_study.h"
#include "study/training/token_runs.h"

namespace manabi::study::recognition::scratch {
namespace {

using world::TopicGroup;
using world::Topics;

constexpr int64_t kLooks = 12;  // on the way of a training
constexpr int64_t kQuestionsOfLook = 200;
constexpr const char* kMeasureName = "recognition from scratch 1";
constexpr double kWarmUpShare = 0.05;  // of the steps

uint64_t seed_of(const lab::Cell& cell) { return static_cast<uint64_t>(lab::integer_at(cell.at, kReplica)); }

Network network_of(const lab::Cell& cell) {
  return {.size = lab::text_at(cell.at, kNetwork), .random_rows = lab::number_at(cell.at, kRandomRows)};
}

std::shared_ptr<const Topics> language() { return std::make_shared<Topics>(world::TopicConfig{}); }

base::Json described(const model::TokenNetworkConfig& network) {
  return {{"decoder", model::described(network.decoder)},
          {"vocabulary", network.vocabulary},
          {"outputs", network.outputs},
          {"context", network.context},
          {"positions", static_cast<int>(network.positions.scheme)}};
}

// All but the replicas.
TokenRunPlan plan_of(const Options& options, const Network& network, const Topics& topics) {
  TokenRunPlan plan;
  plan.network = {.decoder = {.layers = network.layers(), .width = network.width(), .heads = network.width() / 32},
                  .vocabulary = topics.vocabulary(),
                  .outputs = topics.outputs(),
                  .context = (kMost + 1) * topics.example_length(),
                  .positions = model::Positions::rotary};
  plan.model_made_of = described(plan.network);
  plan.optimiser = {.beta2 = 0.95, .weight_decay = 0.01};
  plan.schedule = {
      .decay = learn::Decay::cosine, .warm_up = static_cast<int64_t>(static_cast<double>(options.steps) * kWarmUpShare), .steps = options.steps};
  plan.batch = options.batch;
  plan.clip_norm = 1;
  plan.steps = options.steps;
  plan.measured_after = evenly_spaced(options.steps, kLooks);
  plan.measure_name = kMeasureName;
  return plan;
}

TokenRunPlan plan_of(const Options& options, std::span<const lab::Cell> cells, const std::shared_ptr<const Topics>& topics) {
  const Network network = network_of(cells.front());
  TokenRunPlan plan = plan_of(options, network, *topics);
  plan.description = fmt::format("recognition: {} decoders {}, random rows {}", cells.size(), network.size, network.random_rows);
  const world::TopicMixture mixture = {.random_share = network.random_rows, .most_shots = kMost};
  for (const lab::Cell& cell : cells)
    plan.replicas.push_back({.seed = seed_of(cell),
                             .world = std::make_shared<world::TopicWorld>(topics, mixture, seed_of(cell)),
                             .world_made_of = {{"language of topics", 1}, {"random", network.random_rows}, {"seed", seed_of(cell)}},
                             .lr = options.lr});
  return plan;
}

// Some questions about a group of topics in one setting, at one number of demonstrations.
struct Quiz {
  std::vector<world::TopicSequence> sequences;
  std::vector<world::TopicPrompt> prompts;

  Quiz(const Topics& topics, TopicGroup group, const Arm& arm, int64_t shots, uint64_t seed, int64_t questions) {
    for (int64_t i = 0; i < questions; ++i) {
      sequences.push_back(world::topic_question(topics, group, arm.setting, kMost + 1, seed, i));
      prompts.push_back(world::prompt_of(topics, sequences.back(), shots));
    }
  }
};

template <class Scores>
int64_t best(const Scores& scores) {
  return std::ranges::max_element(scores) - std::ranges::begin(scores);
}

// The share of questions whose most probable class is the true one.
double accuracy(const Quiz& quiz, const model::TokenNetwork& network, const tensor::ParameterBuffer& parameters, int64_t replica,
                int64_t threads) {
  std::vector<std::vector<int64_t>> prompts;
  for (const world::TopicPrompt& prompt : quiz.prompts) prompts.push_back(prompt.tokens);
  const at::Tensor scores = learn::next_token_scores(network, parameters, replica, prompts, threads);
  int64_t right = 0;
  for (size_t i = 0; i < quiz.prompts.size(); ++i) {
    const float* of_outputs = scores.const_data_ptr<float>() + static_cast<int64_t>(i) * scores.size(1);
    std::vector<float> of_choices;
    for (const int64_t choice : quiz.prompts[i].choices) of_choices.push_back(of_outputs[choice]);
    right += best(of_choices) == quiz.prompts[i].target;
  }
  return static_cast<double>(right) / static_cast<double>(quiz.prompts.size());
}

template <class Learner>
double accuracy_of_learner(const Quiz& quiz, const Learner& class_scores) {
  int64_t right = 0;
  for (size_t i = 0; i < quiz.sequences.size(); ++i) right += best(class_scores(quiz.sequences[i])) == quiz.prompts[i].target;
  return static_cast<double>(right) / static_cast<double>(quiz.sequences.size());
}

double guess(const Quiz& quiz) {
  double sum = 0;
  for (const world::TopicPrompt& prompt : quiz.prompts) sum += 1 / static_cast<double>(prompt.choices.size());
  return sum / static_cast<double>(quiz.prompts.size());
}

// All settings, groups and numbers of demonstrations, of one replica; the learners of theory beside it.
std::vector<lab::Row> ask_everything(const Topics& topics, const TokenTraining& trained, int64_t replica, uint64_t seed, int64_t questions,
                                     int64_t threads) {
  std::vector<lab::Row> rows;
  for (const TopicGroup group : {TopicGroup::every_mode, TopicGroup::natural_only, TopicGroup::unseen})
    for (const Arm& arm : arms())
      for (const int64_t shots : kSweep) {
        const Quiz quiz(topics, group, arm, shots, seed, questions);
        const auto add = [&](const char* metric, double value) {
          const lab::Coordinates at = {
              {kTopics, name_of(group)}, {kLabels, arm.labels}, {kSymbols, arm.symbols}, {kShots, std::to_string(shots)}};
          rows.push_back({.metric = metric, .at = at, .value = value, .n = questions});
        };
        add(kAccuracy, accuracy(quiz, trained.model(), trained.parameters(), replica, threads));
        add(kGuess, guess(quiz));
        add(kRecognised, accuracy_of_learner(quiz, [&](const auto& sequence) { return world::recognise(topics, sequence); }));
        add(kNaive, accuracy_of_learner(quiz, [&](const auto& sequence) { return world::learn_naively(topics, sequence, shots); }));
      }
  return rows;
}

void add_way(const NetworkRunResult& result, size_t replica, int64_t batch, lab::CellRecord& record) {
  for (const learn::Measurement& look : result.measurements)
    for (size_t arm = 0; arm < arms().size(); ++arm)
      record.rows.push_back({.metric = kOnTheWay,
                             .at = {{kLabels, arms()[arm].labels}, {kSymbols, arms()[arm].symbols}, {lab::kStep, std::to_string(look.step)}},
                             .value = look.values[replica][arm],
                             .n = kQuestionsOfLook});
  for (size_t i = 0; i < result.curves[replica].size(); ++i)
    record.rows.push_back({.metric = kLoss,
                           .at = {{lab::kStep, std::to_string(static_cast<int64_t>(i + 1) * result.curve_every)}},
                           .value = result.curves[replica][i],
                           .n = result.curve_every * batch});
  if (result.diverged_at[replica] >= 0)
    record.rows.push_back({.metric = "diverged at step", .value = static_cast<double>(result.diverged_at[replica]), .n = 1});
}

}  // namespace

lab::Records measure(const Options& options, std::span<const lab::Cell> group, const Equipment& equipment, lab::Workbench& bench) {
  const std::shared_ptr<const Topics> topics = language();
  const int64_t threads = equipment.threads();
  const auto look = [&](const model::TokenNetwork& network, const tensor::ParameterBuffer& parameters) {
    std::vector<std::vector<double>> values(group.size());
    for (size_t replica = 0; replica < group.size(); ++replica)
      for (const Arm& arm : arms()) {
        const Quiz quiz(*topics, TopicGroup::natural_only, arm, kMost, seed_of(group[replica]), kQuestionsOfLook);
        values[replica].push_back(accuracy(quiz, network, parameters, static_cast<int64_t>(replica), threads));
      }
    return values;
  };
  const TokenRunPlan plan = plan_of(options, group, topics);
  const std::unique_ptr<TokenTraining> trained = train_tokens(plan, look, equipment, bench);
  const NetworkRunResult result = trained->result();
  lab::Records records;
  for (size_t replica = 0; replica < group.size(); ++replica) {
    lab::CellRecord record{.cell = group[replica]};
    record.rows = ask_everything(*topics, *trained, static_cast<int64_t>(replica), seed_of(group[replica]), options.questions, threads);
    record.rows.push_back({.metric = kParameters, .value = static_cast<double>(trained->parameters().parameter_count()), .n = 1});
    add_way(result, replica, plan.batch, record);
    records.push_back(std::move(record));
  }
  return records;
}

int64_t cost_of(const Options& options, std::span<const lab::Cell> group) {
  return study::cost_of(plan_of(options, network_of(group.front()), *language()), std::ssize(group));
}

}  // namespace manabi::study::recognition::scratch
