#include "app/verbs/tune/outcome.h"

#include <fmt/format.h>

#include <ostream>

#include "base/file.h"
#include "lab/report.h"

namespace manabi::app {
namespace {

namespace fs = std::filesystem;

base::Json json_of(const TunedOutcome& outcome) {
  return {{"setting", outcome.setting.name()},      {"accuracy", outcome.accuracy},
          {"best_step", outcome.replica.best_step}, {"dev_accuracy", outcome.replica.best.accuracy},
          {"dev_loss", outcome.replica.best.loss},  {"diverged_at", outcome.replica.diverged_at}};
}

lab::Figure loss_figure(std::span<const TunedOutcome> outcomes) {
  lab::Figure figure{.title = "Loss",
                     .caption = fmt::format("Of the examples that are tuned on, mean over {} steps a point.", outcomes.front().curve_every),
                     .x_label = "step",
                     .y_label = "nats an example"};
  for (const TunedOutcome& outcome : outcomes) {
    lab::Series series{.name = outcome.setting.name()};
    for (size_t i = 0; i < outcome.curve.size(); ++i)
      series.points.push_back({.x = static_cast<double>(static_cast<int64_t>(i + 1) * outcome.curve_every), .y = outcome.curve[i]});
    figure.series.push_back(std::move(series));
  }
  return figure;
}

lab::Figure dev_figure(std::span<const TunedOutcome> outcomes, const TuneOptions& options, double before) {
  lab::Figure figure{
      .title = "Accuracy while it is tuned",
      .caption =
          fmt::format("On {} further examples, on which the best step is chosen. The line: without tuning, on the test examples.", options.dev),
      .x_label = "step",
      .y_label = "accuracy",
      .reference_lines = {{"without tuning", before}},
      .y_is_share = true};
  for (const TunedOutcome& outcome : outcomes) {
    lab::Series series{.name = outcome.setting.name()};
    for (const learn::Measurement& judged : outcome.judged)
      series.points.push_back({.x = static_cast<double>(judged.step), .y = judged.values[0][0], .n = options.dev});
    figure.series.push_back(std::move(series));
  }
  return figure;
}

lab::Table outcome_table(std::span<const TunedOutcome> outcomes, int64_t test) {
  lab::Table table{.title = "Outcome",
                   .caption = fmt::format("Accuracy on {} test examples at the step that did best on the others.", test),
                   .columns = {"setting", "accuracy", "best step", "accuracy on dev", "diverged"}};
  for (const TunedOutcome& outcome : outcomes)
    table.rows.push_back({outcome.setting.name(), fmt::format("{:.1f} %", 100 * outcome.accuracy), std::to_string(outcome.replica.best_step),
                          fmt::format("{:.1f} %", 100 * outcome.replica.best.accuracy),
                          outcome.replica.diverged_at < 0 ? "no" : fmt::format("at step {}", outcome.replica.diverged_at)});
  return table;
}

}  // namespace

std::vector<TunedOutcome> outcomes_of(const learn::Tuning& tuning, const TuneOptions& options, std::span<const learn::JudgedEpisode> test,
                                      std::span<const TunedSetting> settings) {
  std::vector<TunedOutcome> outcomes;
  const tensor::ParameterLeaves leaves(tuning.parameters());
  const std::vector<learn::TunedReplica> replicas = tuning.replicas();
  for (size_t i = 0; i < settings.size(); ++i) {
    const auto replica = static_cast<int64_t>(i);
    const auto scores = learn::scores_of(tuning.network(), leaves, replica, test, options.token_budget);
    TunedOutcome outcome{.setting = settings[i],
                         .replica = replicas[i],
                         .accuracy = learn::judge(scores, test).accuracy,
                         .parameters = tuning.parameters().parameter_count(),
                         .curve = tuning.curves()[i],
                         .curve_every = tuning.curve_every()};
    for (const learn::Measurement& judged : tuning.measurements()) outcome.judged.push_back({.step = judged.step, .values = {judged.values[i]}});
    if (tuning.network().parts().weights)
      outcome.network = model::tuned_weights(tuning.network(), tuning.parameters(), replica);
    else
      outcome.adapter = model::adapter_of(tuning.network(), tuning.parameters(), replica);
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

void write_outcomes(std::span<const TunedOutcome> outcomes, const TuneOptions& options, const std::string& task, double before,
                    const base::Json& made_of, const fs::path& folder) {
  base::Json json = {{"task", task}, {"test", options.test}, {"accuracy_before", before}, {"made_of", made_of}};
  for (const TunedOutcome& outcome : outcomes) json["outcomes"].push_back(json_of(outcome));
  base::write_text_atomically((folder / kOutcomeFile).string(), json.dump(2) + "\n");

  lab::Report report{
      .title = fmt::format("{} on {}", options.method, task),
      .question = fmt::format("{} numbers are tuned in {} steps of {} examples. Without tuning {:.1f} % of {} test examples are right.",
                              outcomes.front().parameters, options.steps, options.batch, 100 * before, options.test),
      .sections = {{.title = "Outcome", .blocks = {outcome_table(outcomes, options.test)}},
                   {.title = "Curves", .blocks = {loss_figure(outcomes)}}}};
  if (options.dev > 0) report.sections.back().blocks.push_back(dev_figure(outcomes, options, before));
  for (const auto& [key, value] : made_of.items())
    report.manifest.emplace_back(key, value.is_string() ? value.get<std::string>() : value.dump());
  base::write_text_atomically((folder / "tuning.html").string(), lab::render_html(report));
}

void tell_outcomes(std::span<const TunedOutcome> outcomes, const TuneOptions& options, double before, std::ostream& out) {
  if (options.json) {
    base::Json json = {{"accuracy_before", before}, {"path", options.save}};
    for (const TunedOutcome& outcome : outcomes) json["outcomes"].push_back(json_of(outcome));
    out << json.dump() << "\n";
    return;
  }
  for (const TunedOutcome& outcome : outcomes)
    out << fmt::format("{}: {:.1f} % after step {} ({:.1f} % on dev), {:.1f} % without tuning{}\n", outcome.setting.name(),
                       100 * outcome.accuracy, outcome.replica.best_step, 100 * outcome.replica.best.accuracy, 100 * before,
                       outcome.replica.diverged_at < 0 ? "" : fmt::format("; diverged at step {}: lower --lr", outcome.replica.diverged_at));
  out << options.save << "\n";
}

}  // namespace manabi::app
