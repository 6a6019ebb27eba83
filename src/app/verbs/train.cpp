// `manabi train TEXT`: a language model from scratch on a text file, saved as a folder that every other command reads.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <ostream>
#include <thread>

#include "app/command_line.h"
#include "app/verbs.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "lab/report.h"
#include "learn/training/token_training.h"
#include "learn/training/training_run.h"
#include "learn/training/version.h"
#include "model/network/save_network.h"
#include "model/network/token_network_json.h"
#include "tensor/device.h"
#include "text/open/byte_tokenizer.h"
#include "text/tokenizer.h"

namespace manabi::app {
namespace {

namespace fs = std::filesystem;

constexpr double kHeldOutShare = 0.1;  // of the text, at its end
constexpr int64_t kHeldOutRows = 256;
constexpr int64_t kReports = 20;  // lines of progress

struct TrainOptions {
  std::string text, output = "manabi-model", tokenizer, device = "cpu", dtype = "float32", decay = "cosine";
  std::string positions = "learned", norms = "before", attention = "softmax", activation = "gelu";
  int64_t layers = 4, width = 128, heads = 4, mlp_ratio = 4, context = 64;
  int64_t steps = 2000, batch = 64, warm_up = 100, seed = 0, threads = 0;
  double lr = 1e-3, weight_decay = 0.01, clip = 1;
  bool json = false;

  base::OptionTable table();
  learn::Schedule schedule() const {
    const auto kind = decay == "cosine"                ? learn::Decay::cosine
                      : decay == "linear"              ? learn::Decay::linear
                      : decay == "inverse_square_root" ? learn::Decay::inverse_square_root
                                                       : learn::Decay::constant;
    return {.decay = kind, .warm_up = warm_up, .steps = steps};
  }
  model::DecoderConfig decoder() const {
    return {.layers = layers,
            .width = width,
            .heads = heads,
            .mlp_ratio = mlp_ratio,
            .activation = model::activation_named(activation),
            .attention = model::attention_named(attention),
            .norms = model::norms_named(norms),
            .products = dtype == "bfloat16" ? tensor::ProductFormat::bfloat16 : tensor::ProductFormat::unrounded};
  }
  model::TokenNetworkConfig network(int64_t vocabulary) const {
    return {.decoder = decoder(), .vocabulary = vocabulary, .context = context, .positions = model::positions_named(positions)};
  }
  // Throws base::Error for what cannot be, before anything is read or written.
  void check() const;
};

void TrainOptions::check() const {
  const auto check_rate = [](const char* name, double value, bool may_be_zero) {
    if (!std::isfinite(value) || value < 0 || (value == 0 && !may_be_zero))
      throw base::Error({.where = name, .given = fmt::format("{}", value), .expected = may_be_zero ? "0 or more" : "more than 0"});
  };
  check_rate("--lr", lr, false);
  check_rate("--weight-decay", weight_decay, true);
  check_rate("--clip", clip, true);
  tensor::ParameterPlan plan;
  const model::TokenNetwork fits(network(/*vocabulary=*/1), plan);
}

base::OptionTable TrainOptions::table() {
  using base::Changes;
  base::OptionTable options;
  const auto count = [&](const char* name, const char* help, int64_t* target, int64_t least, int64_t most) {
    options.add({.name = name, .help = help, .target = target, .changes = Changes::value, .least = least, .most = most});
  };
  constexpr int64_t kMillion = 1'000'000;
  const auto word = [&](const char* name, const char* help, std::string* target, const std::vector<std::string>& allowed) {
    options.add({.name = name, .help = help, .target = target, .changes = Changes::value, .allowed = allowed});
  };
  count("layers", "blocks of the model", &layers, 0, 1000);
  count("width", "of the residual stream", &width, 1, 65'536);
  count("heads", "of the attention; they divide the width", &heads, 1, 1024);
  count("mlp-ratio", "width of the MLP over the model's; 0: attention only", &mlp_ratio, 0, 64);
  word("positions", "how the model is told them", &positions, model::position_words());
  word("norms", "where layer norms stand: before each part, after each sum, nowhere", &norms, model::norm_words());
  word("attention", "what a query makes of its scores; linear_mean: over the positions it sees", &attention, model::attention_words());
  word("activation", "of the MLP", &activation, model::activation_words());
  count("context", "tokens of a row, and the longest that the model will read", &context, 1, kMillion);
  count("steps", "of training", &steps, 1, 1000 * kMillion);
  count("batch", "rows of one step", &batch, 1, kMillion);
  count("warm-up", "steps in which the learning rate rises", &warm_up, 0, 1000 * kMillion);
  count("seed", "of the parameters and of the rows", &seed, 0, 1000 * kMillion);
  options.add({.name = "lr", .help = "learning rate of AdamW at its highest", .target = &lr, .changes = Changes::value});
  options.add({.name = "decay",
               .help = "of the learning rate after the warm-up",
               .target = &decay,
               .changes = Changes::value,
               .allowed = {"constant", "linear", "cosine", "inverse_square_root"}});
  options.add(
      {.name = "weight-decay", .help = "of matrices, times the learning rate a step", .target = &weight_decay, .changes = Changes::value});
  options.add({.name = "clip", .help = "largest norm of the gradient; 0 = not clipped", .target = &clip, .changes = Changes::value});
  options.add({.name = "tokenizer", .help = "a tokenizer file or folder; without it a token is a byte", .target = &tokenizer});
  options.add({.name = "output", .help = "the model's folder; a training that lies there unfinished goes on", .target = &output});
  options.add({.name = "device", .help = "where to compute: cpu, cuda, cuda:1", .target = &device});
  options.add({.name = "dtype",
               .help = "what matrices are rounded to before they are multiplied; parameters and sums stay float32",
               .target = &dtype,
               .changes = Changes::value,
               .allowed = {"float32", "bfloat16"}});
  options.add({.name = "threads", .help = "threads; 0 = all cores", .target = &threads, .least = 0, .most = 1024});
  options.add({.name = "json", .help = "print the outcome as JSON", .target = &json});
  return options;
}

// The tokenizer's file is copied into the model's folder, or written there.
std::unique_ptr<text::Tokenizer> place_tokenizer(const TrainOptions& options, const fs::path& folder) {
  const fs::path place = folder / "tokenizer.json";
  if (options.tokenizer.empty()) {
    base::write_text_atomically(place.string(), text::byte_tokenizer_json());
    return text::open_tokenizer(place.string());
  }
  const fs::path given = fs::is_directory(options.tokenizer) ? fs::path(options.tokenizer) / "tokenizer.json" : fs::path(options.tokenizer);
  if (given.filename() != "tokenizer.json")
    throw base::Error({.where = "--tokenizer", .given = options.tokenizer, .expected = "a tokenizer.json, or a folder that holds one"});
  std::unique_ptr<text::Tokenizer> tokenizer = text::open_tokenizer(given.string());
  fs::copy_file(given, place, fs::copy_options::overwrite_existing);
  return tokenizer;
}

struct Split {
  std::shared_ptr<const std::vector<int32_t>> train, held_out;
};

Split split(const std::vector<text::TokenId>& tokens, int64_t context) {
  const auto held_out = static_cast<std::ptrdiff_t>(static_cast<double>(tokens.size()) * kHeldOutShare);
  const auto middle = tokens.end() - std::max<std::ptrdiff_t>(held_out, std::min<std::ptrdiff_t>(context + 1, std::ssize(tokens) / 2));
  return {.train = std::make_shared<std::vector<int32_t>>(tokens.begin(), middle),
          .held_out = std::make_shared<std::vector<int32_t>>(middle, tokens.end())};
}

class Training {
 public:
  Training(const TrainOptions& options, const Split& text, const text::Tokenizer& tokenizer, const base::Json& made_of, int64_t threads)
      : network_(options.network(tokenizer.size()), plan_),
        parameters_(plan_, 1, at::TensorOptions(tensor::parse_device(options.device)).dtype(at::kFloat)),
        objective_(network_,
                   {std::make_shared<world::TextWorld>(text.train, tokenizer.size(), options.context, static_cast<uint64_t>(options.seed))}),
        held_out_({std::make_shared<world::TextWorld>(text.held_out, tokenizer.size(), options.context, 0)}),
        trainer_(parameters_, objective_,
                 {.batch = options.batch,
                  .schedule = options.schedule(),
                  .lr = {options.lr},
                  .clip_norm = options.clip,
                  .optimiser = {.beta2 = 0.95, .weight_decay = options.weight_decay},
                  .threads = threads}),
        run_(parameters_, trainer_, {.steps = options.steps, .curve_every = std::max<int64_t>(1, options.steps / 200), .made_of = made_of},
             fs::path(options.output) / "training.safetensors") {
    parameters_.initialise(0, static_cast<uint64_t>(options.seed));
    run_.resume();
  }

  bool has_diverged() const { return trainer_.has_diverged(0); }
  int64_t parameter_count() const { return parameters_.parameter_count(); }
  int64_t steps_done() const { return trainer_.steps_done(); }
  double last_loss() const { return run_.curves()[0].empty() ? 0 : run_.curves()[0].back(); }
  double held_out_loss() const { return learn::judge_tokens(network_, parameters_, held_out_, kHeldOutRows)[0]; }
  const std::vector<double>& curve() const { return run_.curves()[0]; }
  int64_t curve_every() const { return run_.plan().curve_every; }
  void train_to(int64_t step, const base::Watch& watch) { run_.train_to(step, watch); }
  void save(const fs::path& folder) const { model::save_network(network_, parameters_, 0, folder); }

 private:
  tensor::ParameterPlan plan_;
  model::TokenNetwork network_;
  tensor::ParameterBuffer parameters_;
  learn::TokenObjective objective_;
  learn::TokenWorlds held_out_;
  learn::Trainer trainer_;
  learn::TrainingRun run_;
};

void write_curve(const Training& training, const fs::path& folder) {
  std::string lines = "step,loss\n";
  for (size_t i = 0; i < training.curve().size(); ++i)
    lines += fmt::format("{},{}\n", static_cast<int64_t>(i + 1) * training.curve_every(), training.curve()[i]);
  base::write_text_atomically((folder / "losses.csv").string(), lines);
}

// The page of a training: its curve and what it was made of.
void write_page(const Training& training, const TrainOptions& options, const base::Json& made_of, double held_out) {
  lab::Series curve{.name = "training"};
  for (size_t i = 0; i < training.curve().size(); ++i)
    curve.points.push_back({.x = static_cast<double>(static_cast<int64_t>(i + 1) * training.curve_every()), .y = training.curve()[i]});
  lab::Figure figure{
      .title = "Loss",
      .caption = fmt::format("Nats a token, mean over {} steps a point. The line: the last tenth of the text, which is not trained on, "
                             "after the last step.",
                             training.curve_every()),
      .x_label = "step",
      .y_label = "nats a token",
      .series = {std::move(curve)},
      .reference_lines = {{"held out", held_out}}};
  const std::string outcome = training.has_diverged() ? "The training diverged; the model is that of its last good step."
                                                      : fmt::format("{:.4f} nats a token on held-out text.", held_out);
  lab::Report report{.title = fmt::format("Training {}", fs::path(options.output).lexically_normal().filename().string()),
                     .question = fmt::format("{} parameters, {} steps. {}", training.parameter_count(), training.steps_done(), outcome),
                     .sections = {{.title = "Curve", .blocks = {std::move(figure)}}}};
  for (const auto& [key, value] : made_of.items())
    report.manifest.emplace_back(key, value.is_string() ? value.get<std::string>() : value.dump());
  base::write_text_atomically((fs::path(options.output) / "training.html").string(), lab::render_html(report));
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

}  // namespace

int train_verb(Words words, Session& session) {
  TrainOptions options;
  CommandLine line{.verb = "train",
                   .summary = "Trains a language model on a text file from scratch and saves it as a folder that transformers reads (GPT-2)."};
  line.positionals = {{.name = "TEXT", .help = "the text file", .target = &options.text}};
  line.options = options.table();
  if (!parse(line, words, session.out)) return 0;
  const auto threads = options.threads > 0 ? options.threads : std::max<int64_t>(1, std::thread::hardware_concurrency());
  tensor::keep_freed_memory();
  tensor::set_threads(static_cast<int>(threads));

  options.check();
  const fs::path folder = options.output;
  const std::string text = base::read_text(options.text);
  fs::create_directories(folder);
  const std::unique_ptr<text::Tokenizer> tokenizer = place_tokenizer(options, folder);
  base::Json made_of = base::Json::parse(line.options.to_json(/*only_value_changing=*/true).dump());
  made_of["text"] = base::sha256(text);
  made_of["tokenizer"] = tokenizer->fingerprint();
  made_of["training"] = learn::kTrainingVersion;
  Training training(options, split(tokenizer->encode(text), options.context), *tokenizer, made_of, threads);
  if (training.steps_done() > 0) session.messages << fmt::format("going on after step {}\n", training.steps_done());
  const double tokens_per_s = train(training, options, session.watch);
  training.save(folder);
  write_curve(training, folder);
  const double held_out = training.held_out_loss();
  write_page(training, options, made_of, held_out);
  if (options.json)
    session.out << base::Json{{"path", folder.string()},
                              {"parameters", training.parameter_count()},
                              {"steps", training.steps_done()},
                              {"loss", training.last_loss()},
                              {"held_out_loss", held_out},
                              {"tokens_per_s", tokens_per_s},
                              {"diverged", training.has_diverged()}}
                       .dump()
                << "\n";
  else
    session.out << fmt::format("{} parameters, loss {:.4f}, held out {:.4f} nats a token: {}\n", training.parameter_count(),
                               training.last_loss(), held_out, folder.string());
  if (training.has_diverged()) {
    session.messages << "the training diverged: the model of the last good step was saved; lower --lr\n";
    return 1;
  }
  return 0;
}

}  // namespace manabi::app
