// `manabi train WORLD`: a language model from scratch, saved as a folder that every other command reads.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <ostream>
#include <thread>

#include "app/command_line.h"
#include "app/verbs.h"
#include "app/verbs/train/data.h"
#include "app/verbs/train/options.h"
#include "app/verbs/train/page.h"
#include "app/verbs/train/training.h"
#include "base/file.h"
#include "learn/training/version.h"
#include "tensor/device.h"

namespace manabi::app {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kReports = 20;  // lines of progress

// Everything that could change the result.
base::Json made_of(const CommandLine& line, const TrainingData& data) {
  base::Json all = base::Json::parse(line.options.to_json(/*only_value_changing=*/true).dump());
  all.update(data.made_of);
  all["tokenizer"] = data.tokenizer->fingerprint();
  all["training"] = learn::kTrainingVersion;
  return all;
}

// Trains to the end and says how it goes; returns tokens a second.
double train(Training& training, const TrainOptions& options, const base::Watch& watch) {
  using Clock = std::chrono::steady_clock;
  const int64_t first = training.steps_done(), every = std::max<int64_t>(1, options.steps / kReports);
  const auto begin = Clock::now();
  double tokens_per_s = 0;
  watch.begin("training", options.steps - first);
  while (training.steps_done() < options.steps && !training.has_diverged()) {
    training.train_to((training.steps_done() / every + 1) * every, watch);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    tokens_per_s = static_cast<double>((training.steps_done() - first) * options.batch * options.context) / seconds;
    watch.note(fmt::format("step {:>7}  loss {:.4f}  {:.0f} tokens/s", training.steps_done(), training.last_loss(), tokens_per_s));
  }
  watch.end();
  return tokens_per_s;
}

void tell(const Training& training, const TrainOptions& options, const TrainingData& data, double held_out, double tokens_per_s,
          std::ostream& out) {
  if (options.json)
    out << base::Json{{"path", options.output},
                      {"parameters", training.parameter_count()},
                      {"steps", training.steps_done()},
                      {"loss", training.last_loss()},
                      {"held_out_loss", held_out},
                      {"tokens_per_s", tokens_per_s},
                      {"diverged", training.has_diverged()}}
               .dump()
        << "\n";
  else
    out << fmt::format("{} parameters, loss {:.4f}, held out {:.4f} nats a {}: {}\n", training.parameter_count(), training.last_loss(), held_out,
                       data.asked, options.output);
}

}  // namespace

int train_verb(Words words, Session& session) {
  TrainOptions options;
  CommandLine line{.verb = "train",
                   .summary =
                       "Trains a language model from scratch and saves it as a folder that transformers reads too where it is a GPT-2. A "
                       "training that was cut off goes on."};
  line.positionals = {
      {.name = "WORLD", .help = "a text file, or a name that manabi list worlds shows (./NAME is a file)", .target = &options.world}};
  line.options = options.table();
  if (!parse(line, words, session.out)) return 0;
  const auto threads = options.threads > 0 ? options.threads : std::max<int64_t>(1, std::thread::hardware_concurrency());
  tensor::keep_freed_memory();
  tensor::set_threads(static_cast<int>(threads));

  resolve_world(options);
  options.check();
  const TrainingData data = open_training_data(options);
  const base::Json description = made_of(line, data);
  const fs::path folder = options.output;
  fs::create_directories(folder);
  Training training(options, data, description, threads);
  base::write_text_atomically((folder / "tokenizer.json").string(), data.tokenizer_json);
  if (training.steps_done() > 0) session.messages << fmt::format("going on after step {}\n", training.steps_done());
  const double tokens_per_s = train(training, options, session.watch);
  training.save(folder);
  write_curve(training, folder);
  const double held_out = training.held_out_loss();
  write_page(training, options, data, description, held_out);
  tell(training, options, data, held_out, tokens_per_s, session.out);
  if (training.has_diverged()) {
    session.messages << "the training diverged: the model of the last good step was saved; lower --lr\n";
    return 1;
  }
  return 0;
}

}  // namespace manabi::app
