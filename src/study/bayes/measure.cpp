#include "study/bayes/measure.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <span>

#include "learn/theory/processes/concept_filter.h"

namespace manabi::study::bayes {
namespace {

using Distribution = std::vector<double>;

int64_t best(std::span<const double> values) { return std::ranges::max_element(values) - values.begin(); }

// Prompts of one size and kind, and what is said of each.
struct Quiz {
  std::vector<world::GincPrompt> prompts;

  template <class Tell>
  std::vector<Distribution> told(const Tell& tell) const {
    std::vector<Distribution> all;
    for (const world::GincPrompt& prompt : prompts) all.push_back(tell(prompt));
    return all;
  }
  double accuracy(const std::vector<Distribution>& answers) const {
    double right = 0;
    for (size_t i = 0; i < prompts.size(); ++i) right += best(answers[i]) == prompts[i].answer;
    return right / static_cast<double>(prompts.size());
  }
};

Quiz quiz_of(const world::Ginc& process, const world::GincPromptsConfig& config, int64_t count) {
  Quiz quiz;
  for (int64_t index = 0; index < count; ++index) quiz.prompts.push_back(world::ginc_prompt(process, config, index));
  return quiz;
}

// Log-probabilities.
std::vector<Distribution> told_by_network(const Quiz& quiz, const Subject& subject, int64_t threads) {
  std::vector<std::vector<int64_t>> prompts;
  for (const world::GincPrompt& prompt : quiz.prompts) prompts.push_back(prompt.tokens());
  const at::Tensor scores =
      learn::next_token_scores(*subject.network, *subject.parameters, subject.replica, prompts, threads).to(at::kDouble).contiguous();
  std::vector<Distribution> all;
  for (int64_t i = 0; i < scores.size(0); ++i) {
    const double* row = scores.const_data_ptr<double>() + i * scores.size(1);
    all.emplace_back(row, row + scores.size(1));
  }
  return all;
}

double mean_divergence(const std::vector<Distribution>& probabilities, const std::vector<Distribution>& log_other) {
  double sum = 0;
  for (size_t i = 0; i < probabilities.size(); ++i) sum += learn::divergence(probabilities[i], log_other[i]);
  return sum / static_cast<double>(probabilities.size());
}

double agreement(const std::vector<Distribution>& left, const std::vector<Distribution>& right) {
  double equal = 0;
  for (size_t i = 0; i < left.size(); ++i) equal += best(left[i]) == best(right[i]);
  return equal / static_cast<double>(left.size());
}

// Mean divergences of the documents' Bayes at many tolerances from the network, summed over quizzes.
class ToleranceSearch {
 public:
  void add(const world::Ginc& process, const Quiz& quiz, const std::vector<Distribution>& log_network) {
    for (const double tolerance : kTolerances)
      sums_[tolerance] +=
          mean_divergence(quiz.told([&](const auto& prompt) { return learn::next_token(process, tolerance, prompt.tokens()); }), log_network);
  }
  double nearest() const {
    return std::ranges::min_element(sums_, {}, [](const auto& entry) { return entry.second; })->first;
  }

 private:
  static constexpr double kTolerances[] = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.2, 0.4, 0.7};
  std::map<double, double> sums_;
};

class Questions {
 public:
  Questions(const Setting& setting, const Subject& subject, const Asking& asking)
      : setting_(setting), subject_(subject), asking_(asking), process_(process_of(setting)) {}

  std::vector<lab::Row> all() {
    for (const int64_t tokens : example_lengths(setting_)) {
      ToleranceSearch search;
      for (const int64_t count : example_counts(tokens))
        for (const PromptName& prompts : kPromptKinds) ask_prompts(tokens, count, prompts, search);
      if (subject_.network)
        rows_.push_back(
            {.metric = kBestTolerance, .at = {{kExampleTokens, std::to_string(tokens)}}, .value = search.nearest(), .n = asking_.prompts});
    }
    ask_documents();
    return std::move(rows_);
  }

 private:
  void ask_prompts(int64_t tokens, int64_t count, const PromptName& prompts, ToleranceSearch& search) {
    const Quiz quiz =
        quiz_of(*process_, {.examples = count, .example_tokens = tokens, .kind = prompts.kind, .seed = asking_.seed}, asking_.prompts);
    const lab::Coordinates at = {{kExampleTokens, std::to_string(tokens)}, {kExamples, std::to_string(count)}, {kPrompts, prompts.name}};
    const auto add = [&](const char* metric, double value, const std::string& learner = "") {
      lab::Row row{.metric = metric, .at = at, .value = value, .n = asking_.prompts};
      if (!learner.empty()) row.at[kLearner] = learner;
      rows_.push_back(std::move(row));
    };
    std::vector<Distribution> first;  // of the documents' Bayes that stands beside the network
    for (const double tolerance : tolerances(setting_)) {
      std::vector<Distribution> told = quiz.told([&](const auto& prompt) { return learn::next_token(*process_, tolerance, prompt.tokens()); });
      add(kAccuracy, quiz.accuracy(told), documents_bayes(tolerance));
      if (first.empty()) first = std::move(told);
    }
    if (prompts.kind == world::PromptKind::known)
      add(kAccuracy, quiz.accuracy(quiz.told([&](const auto& prompt) { return learn::next_token_of_prompt(*process_, prompt); })),
          kPromptsBayes);
    if (!subject_.network) return;
    const std::vector<Distribution> network = told_by_network(quiz, subject_, asking_.threads);
    add(kAccuracy, quiz.accuracy(network), kNetwork);
    add(kAgreement, agreement(first, network));
    add(kDivergence, mean_divergence(first, network));
    if (prompts.kind == world::PromptKind::known && count > 0) search.add(*process_, quiz, network);
  }

  void ask_documents() {
    const std::vector<double> bayes = bayes_losses(setting_, asking_);
    add_losses(kOptimum, bayes);
    if (subject_.network) {
      const auto world = std::make_shared<world::GincDocuments>(process_, new_documents(setting_, asking_.seed));
      const at::Tensor losses =
          learn::losses_by_position(*subject_.network, *subject_.parameters, subject_.replica, world, asking_.documents).contiguous();
      add_losses(kNetwork, {losses.const_data_ptr<double>(), losses.const_data_ptr<double>() + losses.numel()});
    }
  }

  void add_losses(const std::string& learner, const std::vector<double>& losses) {
    rows_.push_back({.metric = kDocumentLoss,
                     .at = {{kLearner, learner}},
                     .value = std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(losses.size()),
                     .n = asking_.documents});
    for (const int64_t position : {1, 2, 3, 5, 8, 12, 20, 32, 50, 80, 127})
      rows_.push_back({.metric = kPositionLoss,
                       .at = {{kLearner, learner}, {kPosition, std::to_string(position)}},
                       .value = losses[static_cast<size_t>(position)],
                       .n = asking_.documents});
  }

  const Setting& setting_;
  const Subject& subject_;
  const Asking& asking_;
  std::shared_ptr<const world::Ginc> process_;
  std::vector<lab::Row> rows_;
};

}  // namespace

std::vector<lab::Row> ask(const Setting& setting, const Subject& subject, const Asking& asking) {
  return Questions(setting, subject, asking).all();
}

std::vector<double> bayes_losses(const Setting& setting, const Asking& asking) {
  const auto process = process_of(setting);
  std::vector<double> losses(kBlock);
  if (setting.documents == kIndependent) {
    std::ranges::fill(losses, std::log(static_cast<double>(setting.symbols)));
    return losses;
  }
  const int64_t concepts = setting.documents == kOneConcept ? 1 : process->config().known;
  const world::GincDocuments world(process, new_documents(setting, asking.seed));
  std::vector<int64_t> ids(kBlock), targets(kBlock);
  for (int64_t row = 0; row < asking.documents; ++row) {
    world.draw(0, row, {ids, targets});
    learn::ConceptFilter filter(*process, concepts, process->config().jump);
    for (size_t position = 0; position < losses.size(); ++position) {
      filter.observe(ids[position]);
      losses[position] -= std::log(filter.next()[static_cast<size_t>(targets[position])]) / static_cast<double>(asking.documents);
    }
  }
  return losses;
}

}  // namespace manabi::study::bayes
