#include "study/in_weights/omniglot/omniglot.h"

#include <fmt/format.h>

#include "model/network/images/image_pair_model.h"
#include "world/images/omniglot.h"
#include "world/images/random_characters.h"

namespace manabi::study::in_weights {
namespace {

constexpr int64_t kFrequentClasses = 20, kPairs = 2;
constexpr int64_t kSeeds = 3;
constexpr int64_t kLargestWithoutPooling = 64;  // pixels a side: the map of a larger image is halved once more
constexpr int64_t kTokenCost = 8;               // measured at 28 pixels a side

std::string text_of(world::ShownDrawings drawings) { return drawings == world::ShownDrawings::first ? "trained" : "others"; }

}  // namespace

lab::Coordinates coordinates_of(const DrawnCondition& condition) {
  return {{"drawings", condition.drawings},
          {"rows", std::to_string(condition.rows)},
          {"noise", fmt::format("{}", condition.noise)},
          {"relevant", fmt::format("{}", condition.relevant_share)}};
}

DrawnCondition drawn_condition_at(const lab::Coordinates& at) {
  return {.drawings = lab::text_at(at, "drawings"),
          .rows = lab::integer_at(at, "rows"),
          .noise = lab::number_at(at, "noise"),
          .relevant_share = lab::number_at(at, "relevant")};
}

bool is_drawn(const lab::Coordinates& at) { return at.contains("drawings"); }

lab::Records drawn_records(const lab::Records& records, bool drawn) {
  lab::Records kept;
  for (const lab::CellRecord& record : records)
    if (is_drawn(record.cell.at) == drawn) kept.push_back(record);
  return kept;
}

lab::Coordinates DrawnQuestion::at() const {
  lab::Coordinates all = question.at();
  all["drawings"] = text_of(drawings);
  return all;
}

const std::vector<DrawnQuestion>& drawn_questions() {
  static const std::vector<DrawnQuestion> all = [] {
    std::vector<DrawnQuestion> made;
    for (const world::ShownDrawings drawings : {world::ShownDrawings::others, world::ShownDrawings::first})
      for (const Question& question : {Question{"relevant", "high", "shifted"}, Question{"relevant", "low", "shifted"},
                                       Question{"irrelevant", "high", "base"}, Question{"irrelevant", "low", "base"}})
        made.push_back({.question = question, .drawings = drawings});
    return made;
  }();
  return all;
}

base::OptionTable DrawnOptions::table() {
  using base::Changes;
  base::OptionTable table;
  table.add({.name = "image-steps",
             .help = "of training on drawn characters",
             .target = &image_steps,
             .changes = Changes::value,
             .least = 1,
             .most = 1'000'000'000});
  table.add({.name = "image-warm-up",
             .help = "steps of rising learning rate there; it falls as one over the root of the step after them",
             .target = &image_warm_up,
             .changes = Changes::value,
             .least = 1,
             .most = 1'000'000'000});
  table.add(
      {.name = "image-side", .help = "pixels of an image's side", .target = &image_side, .changes = Changes::value, .least = 8, .most = 105});
  return table;
}

void DrawnExperiment::set_scale(lab::RunScale scale) {
  scale_ = scale;
  options_ = {};
  if (scale == lab::RunScale::paper) options_ = {.image_steps = 100'000, .image_side = 105};
}

std::vector<NetworkSetting> DrawnExperiment::settings() const {
  if (scale_ == lab::RunScale::quick) return {};
  const bool is_paper = scale_ == lab::RunScale::paper;
  const std::vector<int64_t> rows = is_paper ? std::vector<int64_t>{10'000, 100'000, 1'000'000} : std::vector<int64_t>{10'000, 100'000};
  const std::vector<double> relevant = is_paper ? std::vector<double>{0.9, 0.5, 0, 0.99, 1} : std::vector<double>{0.9, 0.5};
  const std::vector<double> noises = is_paper ? std::vector<double>{0.1, 0, 1} : std::vector<double>{0.1};
  const std::string drawings = world::has_omniglot(equipment_.options().data) ? "omniglot" : "random strokes";
  std::vector<NetworkSetting> all;
  for (const double share : relevant)
    for (const double noise : noises)
      for (const int64_t count : rows)
        if (noise == noises.front() || share == relevant.front())
          all.push_back({.at = coordinates_of({.drawings = drawings, .rows = count, .noise = noise, .relevant_share = share}),
                         .part = "omniglot",
                         .seeds = kSeeds});
  return all;
}

std::shared_ptr<const world::Drawings> DrawnExperiment::drawings() const {
  const int64_t side = options_.image_side;
  if (drawings_ && drawings_->side == side) return drawings_;
  const std::string& folder = equipment_.options().data;
  drawings_ = std::make_shared<const world::Drawings>(world::has_omniglot(folder) ? world::read_omniglot(folder, side)
                                                                                  : world::random_characters({.side = side}));
  hash_ = drawings_->hash();
  return drawings_;
}

lab::Coordinates DrawnExperiment::data() const {
  drawings();
  return {{"images", hash_}};
}

// As for vectors, but for the encoder: two blocks, one head, an image and its label at one position (section 4 and the appendix).
PairRunPlan DrawnExperiment::plan_of(const PairTrainingOptions& usual) const {
  const world::ClassMixtureConfig world = mixture({}, 0);
  const model::ImageEncoderConfig encoder = {.side = options_.image_side, .pools_stem = options_.image_side > kLargestWithoutPooling};
  const model::ImagePairConfig network = {.encoder = encoder,
                                          .network = {.decoder = {.layers = 2, .width = encoder.width(), .heads = 1},
                                                      .pairs = world.pairs,
                                                      .input_width = encoder.width(),
                                                      .labels = world.classes(),
                                                      .positions = model::Positions::sinusoidal,
                                                      .pairs_share_positions = true,
                                                      .maps_inputs = false}};
  return {.model = [network](tensor::ParameterPlan& plan, const auto&) { return std::make_unique<model::ImagePairModel>(network, plan); },
          .model_made_of = model::described(network),
          .schedule = {.decay = learn::Decay::inverse_square_root, .warm_up = options_.image_warm_up, .steps = options_.image_steps},
          .pairs = world.pairs,
          .token_cost = kTokenCost,
          .batch = usual.batch,
          .steps = options_.image_steps,
          .measured_after = evenly_spaced(options_.image_steps, 5)};
}

world::ClassMixtureConfig DrawnExperiment::mixture(const DrawnCondition& condition, uint64_t seed) const {
  const int64_t classes = world::ImageClasses::kOrientations * std::ssize(drawings()->characters);
  if (classes <= kFrequentClasses)
    throw base::Error({.where = drawings()->name,
                       .given = fmt::format("{} classes", classes),
                       .expected = fmt::format("more than the {} frequent ones", kFrequentClasses)});
  return {.high_classes = kFrequentClasses,
          .low_classes = classes - kFrequentClasses,
          .input_width = options_.image_side * options_.image_side,
          .pairs = kPairs,
          .relevant_share = condition.relevant_share,
          .noise = condition.noise,
          .rows = condition.rows,
          .row_seed = seed};
}

std::shared_ptr<const world::PairWorld> DrawnExperiment::training_world(const lab::Coordinates& at, uint64_t seed) const {
  return std::make_shared<world::ClassMixtureWorld>(mixture(drawn_condition_at(at), seed),
                                                    std::make_shared<world::ImageClasses>(drawings(), world::ShownDrawings::first, seed));
}

std::vector<PairQuestion> DrawnExperiment::questions(const lab::Coordinates& at, uint64_t seed) const {
  std::vector<PairQuestion> asked;
  for (const DrawnQuestion& question : drawn_questions())
    asked.push_back(
        {.at = question.at(),
         .world = std::make_shared<world::ClassMixtureWorld>(asked_about(mixture(drawn_condition_at(at), seed), question.question),
                                                             std::make_shared<world::ImageClasses>(drawings(), question.drawings, seed))});
  return asked;
}

}  // namespace manabi::study::in_weights
