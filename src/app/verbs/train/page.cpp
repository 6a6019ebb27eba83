#include "app/verbs/train/page.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/file.h"
#include "lab/report.h"

namespace manabi::app {

namespace fs = std::filesystem;

void write_curve(const Training& training, const fs::path& folder) {
  std::string lines = "step,loss\n";
  for (size_t i = 0; i < training.curve().size(); ++i)
    lines += fmt::format("{},{}\n", static_cast<int64_t>(i + 1) * training.curve_every(), training.curve()[i]);
  base::write_text_atomically((folder / "losses.csv").string(), lines);
}

void write_page(const Training& training, const TrainOptions& options, const TrainingData& data, const base::Json& made_of, double held_out) {
  lab::Series curve{.name = "training"};
  for (size_t i = 0; i < training.curve().size(); ++i)
    curve.points.push_back({.x = static_cast<double>(static_cast<int64_t>(i + 1) * training.curve_every()), .y = training.curve()[i]});
  lab::Figure figure{.title = "Loss",
                     .caption = fmt::format("Nats a {}, mean over {} steps a point. The line: {}, after the last step.", data.asked,
                                            training.curve_every(), data.held_out_is),
                     .x_label = "step",
                     .y_label = "nats a " + data.asked,
                     .series = {std::move(curve)},
                     .reference_lines = {{"held out", held_out}}};
  const std::string outcome = training.has_diverged() ? "The training diverged; the model is that of its last good step."
                                                      : fmt::format("{:.4f} nats a {}, held out.", held_out, data.asked);
  lab::Report report{.title = fmt::format("Training {}", fs::path(options.output).lexically_normal().filename().string()),
                     .question = fmt::format("{} parameters, {} steps. {}", training.parameter_count(), training.steps_done(), outcome),
                     .sections = {{.title = "Curve", .blocks = {std::move(figure)}}}};
  for (const auto& [key, value] : made_of.items())
    report.manifest.emplace_back(key, value.is_string() ? value.get<std::string>() : value.dump());
  base::write_text_atomically((fs::path(options.output) / "training.html").string(), lab::render_html(report));
}

}  // namespace manabi::app
