#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lab/statistics/seeds.h"
#include "study/bayes/measure.h"
#include "study/bayes/published.h"
#include "study/bayes/report.h"

namespace manabi::study::bayes {
namespace {

lab::Coordinates prompt_at(int64_t tokens, int64_t examples, const char* prompts) {
  return {{kExampleTokens, std::to_string(tokens)}, {kExamples, std::to_string(examples)}, {kPrompts, prompts}};
}

lab::Coordinates with_learner(lab::Coordinates at, const std::string& learner) {
  at[kLearner] = learner;
  return at;
}

std::vector<std::string> learners_of(const Setting& setting, const char* prompts) {
  std::vector<std::string> learners;
  if (setting.network != kNone) learners.push_back(kNetwork);
  for (const double tolerance : tolerances(setting)) learners.push_back(documents_bayes(tolerance));
  if (prompts == kKnownPrompts) learners.push_back(kPromptsBayes);
  return learners;
}

std::vector<double> values(const lab::Records& records, const Setting& setting, const char* metric, const lab::Coordinates& row) {
  return lab::last_values(records, {.cell = setting.at(), .metric = metric, .row = row});
}

lab::Figure accuracy_figure(const lab::Records& records, const Setting& setting, int64_t tokens, const char* prompts) {
  lab::Figure figure{
      .title = fmt::format("{}: examples of {} tokens, {}", setting.title(), tokens, prompts),
      .caption = "Share of prompts whose most probable next token is the right one; mean over seeds with Student's 95 % interval.",
      .x_label = "examples",
      .y_label = "accuracy",
      .x_scale = lab::Scale::category,
      .y_is_share = true,
      .is_small = true};
  const std::vector<int64_t> counts = example_counts(tokens);
  for (const std::string& learner : learners_of(setting, prompts)) {
    lab::Series series{.name = learner};
    for (const int64_t count : counts)
      if (const auto seeds = values(records, setting, kAccuracy, with_learner(prompt_at(tokens, count, prompts), learner)); !seeds.empty())
        series.points.push_back(lab::point_over_seeds(static_cast<double>(count), seeds));
    if (!series.points.empty()) figure.series.push_back(std::move(series));
  }
  return figure;
}

lab::Figure loss_figure(const lab::Records& records, const Setting& setting) {
  lab::Figure figure{.title = setting.title(),
                     .caption = "Loss on new documents along the training, nats a token; mean over seeds.",
                     .x_label = "step",
                     .y_label = "loss",
                     .is_small = true};
  figure.series.push_back(lab::series_over_steps(
      kNetwork, records, {.cell = setting.at(), .metric = kDocumentLoss, .row = {{kLearner, kNetwork}}}, /*is_share=*/false));
  if (const auto bayes = values(records, setting, kDocumentLoss, {{kLearner, kOptimum}}); !bayes.empty())
    figure.reference_lines.emplace_back(kOptimum, lab::point_over_seeds(0, bayes, false).y);
  return figure;
}

lab::Figure position_figure(const lab::Records& records, const Setting& setting) {
  lab::Figure figure{.title = setting.title(),
                     .caption = "Loss by how many tokens of a document were read, nats; mean over seeds.",
                     .x_label = "tokens read",
                     .y_label = "loss",
                     .x_scale = lab::Scale::log2,
                     .is_small = true};
  for (const char* learner : {kNetwork, kOptimum}) {
    lab::Series series{.name = learner};
    for (const int64_t position : {1, 2, 3, 5, 8, 12, 20, 32, 50, 80, 127})
      if (const auto seeds = values(records, setting, kPositionLoss, {{kLearner, learner}, {kPosition, std::to_string(position)}});
          !seeds.empty())
        series.points.push_back(lab::point_over_seeds(static_cast<double>(position + 1), seeds, /*is_share=*/false));
    figure.series.push_back(std::move(series));
  }
  return figure;
}

std::string mean_text(const std::vector<double>& seeds, const char* format) {
  return seeds.empty() ? "" : fmt::format(fmt::runtime(format), lab::point_over_seeds(0, seeds, false).y);
}

lab::Table accuracy_table(const lab::Records& records, const Setting& setting) {
  lab::Table table{
      .title = setting.title(),
      .caption =
          "Accuracy in percent by number of examples, mean over seeds. Agreement: share of prompts that network and Bayes of documents "
          "answer alike. Divergence: of Bayes of documents from the network, nats.",
      .columns = {"prompts", "tokens", "what"}};
  const std::vector<int64_t> counts = example_counts(example_lengths(setting).front());
  for (const int64_t count : counts) table.columns.push_back(std::to_string(count));
  for (const PromptName& prompts : kPromptKinds)
    for (const int64_t tokens : example_lengths(setting)) {
      const auto add = [&](const std::string& what, const char* metric, const std::string& learner, double scale, const char* format) {
        std::vector<std::string> row = {prompts.name, std::to_string(tokens), what};
        for (const int64_t count : counts) {
          lab::Coordinates at = prompt_at(tokens, count, prompts.name);
          if (!learner.empty()) at[kLearner] = learner;
          std::vector<double> seeds = values(records, setting, metric, at);
          for (double& value : seeds) value *= scale;
          row.push_back(mean_text(seeds, format));
        }
        table.rows.push_back(std::move(row));
      };
      for (const std::string& learner : learners_of(setting, prompts.name)) add(learner, kAccuracy, learner, 100, "{:.1f}");
      if (setting.network == kNone) continue;
      add("agreement", kAgreement, "", 100, "{:.1f}");
      add("divergence", kDivergence, "", 1, "{:.3f}");
    }
  return table;
}

lab::Table document_table(const lab::Records& records, const std::vector<Setting>& settings) {
  lab::Table table{
      .title = "Documents",
      .caption =
          "Loss on new documents, nats a token, and the tolerance for breaks at which Bayes of documents comes nearest to the network on "
          "prompts (by example tokens); means over seeds.",
      .columns = {"network", "seeds", "network's loss", "Bayes", "excess", "nearest tolerance"}};
  for (const Setting& setting : settings) {
    const auto network = values(records, setting, kDocumentLoss, {{kLearner, kNetwork}}),
               bayes = values(records, setting, kDocumentLoss, {{kLearner, kOptimum}});
    std::string nearest;
    for (const int64_t tokens : example_lengths(setting))
      if (const auto found = values(records, setting, kBestTolerance, {{kExampleTokens, std::to_string(tokens)}}); !found.empty())
        nearest += fmt::format("{}{}: {}", nearest.empty() ? "" : ", ", tokens, mean_text(found, "{:.2g}"));
    table.rows.push_back({setting.title(), std::to_string(bayes.size()), mean_text(network, "{:.3f}"), mean_text(bayes, "{:.3f}"),
                          mean_text(lab::differences(bayes, network), "{:.4f}"), nearest});
  }
  return table;
}

lab::Section published_section() {
  lab::Table table{.title = "Published accuracies",
                   .caption = "Xie et al. 2022: percent by number of examples, mean of five seeds; width 768, 10 million tokens of documents.",
                   .columns = {"network", "symbols", "tokens"}};
  for (const int count : kPublishedCounts) table.columns.push_back(std::to_string(count));
  for (const PublishedAccuracies& published : kPublishedAccuracies) {
    std::vector<std::string> row = {published.network, std::to_string(published.symbols), std::to_string(published.example_tokens)};
    for (const double percent : published.percent) row.push_back(fmt::format("{:.1f}", percent));
    table.rows.push_back(std::move(row));
  }
  lab::Table ranges{.title = "Published ablations", .caption = "Percent.", .columns = {"ablation", "accuracy"}};
  for (const PublishedRange& range : kPublishedRanges) ranges.rows.push_back({range.ablation, range.percent});
  return {.title = "Published", .blocks = {std::move(table), std::move(ranges)}};
}

}  // namespace

std::vector<lab::Section> sections(const lab::Records& records) {
  std::vector<Setting> settings;
  for (const lab::Coordinates& at : lab::settings_in(records)) settings.push_back(setting_of(at));
  std::ranges::stable_partition(settings, [](const Setting& setting) { return setting.network != kNone; });
  lab::Section prompts{.title = "Accuracy over examples"}, documents{.title = "Documents"}, numbers{.title = "All numbers"};
  for (const Setting& setting : settings) {
    for (const int64_t tokens : example_lengths(setting)) prompts.blocks.emplace_back(accuracy_figure(records, setting, tokens, kKnownPrompts));
    numbers.blocks.emplace_back(accuracy_table(records, setting));
    if (setting.network == kNone) continue;
    for (const int64_t tokens : example_lengths(setting))
      prompts.blocks.emplace_back(accuracy_figure(records, setting, tokens, kPromptKinds[1].name));
    documents.blocks.emplace_back(loss_figure(records, setting));
    documents.blocks.emplace_back(position_figure(records, setting));
  }
  documents.blocks.emplace_back(document_table(records, settings));
  return {std::move(prompts), std::move(documents), std::move(numbers), published_section()};
}

}  // namespace manabi::study::bayes
