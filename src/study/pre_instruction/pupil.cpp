#include "study/pre_instruction/pupil.h"

#include <fmt/format.h>

#include <array>
#include <memory>

#include "base/file.h"
#include "lab/statistics/seeds.h"
#include "learn/tuning/curriculum_data.h"
#include "model/network/save_network.h"
#include "study/pre_instruction/measure.h"
#include "study/training/lessons.h"
#include "text/open/word_tokenizer.h"
#include "world/knowledge/invented.h"

namespace manabi::study::pre_instruction {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kHeadWidth = 32;
constexpr double kWarmUpShare = 0.05;  // of the steps
constexpr const char* kBegin = "<begin>";
constexpr const char* kEnd = "<end>";

model::TokenNetworkConfig config_of(const PupilOptions& options, int64_t vocabulary) {
  return {.decoder = {.layers = options.layers, .width = options.width, .heads = std::max<int64_t>(1, options.width / kHeadWidth)},
          .vocabulary = vocabulary,
          .context = kPupilContext};
}

// A folder with the network as chance made it, and a tokenizer of all words.
lab::Artifact new_network(const PupilOptions& options, uint64_t seed, lab::Workbench& bench) {
  const std::vector<std::string> words = world::invented_words();
  const std::array<std::string, 2> specials = {kBegin, kEnd};
  const std::string tokenizer = text::word_tokenizer_json(words, specials);
  const model::TokenNetworkConfig config = config_of(options, std::ssize(words) + std::ssize(specials));
  const base::Json made_of = {
      {"layers", options.layers}, {"width", options.width}, {"context", config.context}, {"tokenizer", tokenizer}, {"seed", seed}};
  const auto make = [&](const fs::path&, const fs::path& result) {
    fs::create_directories(result);
    tensor::ParameterPlan declared;
    const model::TokenNetwork network(config, declared);
    tensor::ParameterBuffer parameters(declared, 1, at::TensorOptions().dtype(at::kFloat));
    parameters.initialise(0, seed);
    model::save_network(network, parameters, 0, result);
    base::write_text_atomically((result / "tokenizer.json").string(), tokenizer);
    base::write_text_atomically((result / "tokenizer_config.json").string(), base::Json{{"bos_token", kBegin}, {"eos_token", kEnd}}.dump());
  };
  return bench.artifacts.artifact({.kind = "network", .made_of = made_of, .extension = ""}, fmt::format("{} before training", options.name()),
                                  make, bench.watch);
}

model::Checkpoint opened(const std::string& name, const fs::path& folder, const Equipment& equipment) {
  const tensor::Compute compute = {.device = equipment.compute().device};  // whatever checkpoints are read in, networks are trained in float32
  model::Checkpoint checkpoint = model::open_checkpoint(folder.string(), {.compute = compute});
  checkpoint.name = name;
  return checkpoint;
}

}  // namespace

void PupilOptions::add_to(base::OptionTable& table) {
  table.add({.name = "scratch-layers", .help = "blocks of the network that is trained here", .target = &layers, .least = 1, .most = 1000});
  table.add({.name = "scratch-width", .help = "of its stream; a head is 32 wide", .target = &width, .least = 1, .most = 65'536});
  table.add({.name = "scratch-steps",
             .help = "of its training on documents and questions that no arm reads",
             .target = &steps,
             .least = 1,
             .most = 1'000'000'000});
  table.add({.name = "scratch-batch", .help = "texts and questions of one of these steps", .target = &batch, .least = 1, .most = 1'000'000});
  table.add({.name = "scratch-lr", .help = "their largest learning rate", .target = &lr});
}

std::string PupilOptions::name() const { return fmt::format("scratch-{}x{}", layers, width); }

base::Json PupilOptions::json() const { return {{"layers", layers}, {"width", width}, {"steps", steps}, {"batch", batch}, {"lr", lr}}; }

int64_t cost_of(const PupilOptions& options) { return options.steps * options.batch; }

Pupil scratch_pupil(const PupilOptions& options, const InventedPlan& plan, uint64_t seed, const Equipment& equipment, lab::Workbench& bench) {
  const lab::Artifact network = new_network(options, seed, bench);
  const model::Checkpoint start = opened(options.name(), network.path, equipment);
  const std::vector<world::Document> known = known_documents(plan, seed);
  const world::CurriculumPhase phase{.reading = {world::Reading::train_documents, world::Reading::train_questions}};
  Lesson lesson{.title = fmt::format("{} told {} documents, seed {}", options.name(), known.size(), seed),
                .data = learn::data_of(phase, {.train = known}, options.steps * options.batch, *start.tokenizer, kPupilContext,
                                       base::Rng(seed).child("known")),
                .data_made_of = {{"documents", world::hash_of(known)}, {"version", learn::kCurriculumVersion}, {"seed", seed}},
                .optimiser = {.beta2 = 0.95, .weight_decay = 0.1},
                .schedule = {.decay = learn::Decay::cosine,
                             .warm_up = static_cast<int64_t>(static_cast<double>(options.steps) * kWarmUpShare),
                             .steps = options.steps,
                             .least = 0.1},
                .batch = options.batch,
                .lr = options.lr,
                .seed = seed};
  const Taught taught = teach(start, {{"artifact", network.name}}, lesson, nullptr, equipment, bench);
  Pupil pupil{.checkpoint = opened(options.name(), taught.folder, equipment), .made_of = {{"artifact", taught.artifact}}};
  add_curve(taught, kBaseLoss, 0, options.batch, pupil.rows);
  return pupil;
}

}  // namespace manabi::study::pre_instruction
