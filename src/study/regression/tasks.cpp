#include "study/regression/tasks.h"

#include <algorithm>
#include <cmath>

#include "learn/theory/regression/lasso.h"
#include "learn/theory/regression/linear.h"
#include "learn/theory/regression/local.h"
#include "learn/theory/regression/tree.h"
#include "learn/theory/regression/two_layer.h"

namespace manabi::study::regression {
namespace {

constexpr int64_t kNonzero = 2, kHidden = 20, kDepth = 3;
constexpr uint64_t kLawSeed = 0;  // of the eigenvectors of shifted inputs: the same for every network

std::shared_ptr<const world::Functions> functions_of(const Setting& setting, double weights = 1) {
  if (setting.functions == kTwoLayer) return std::make_shared<world::TwoLayerFunctions>(setting.numbers, kHidden);
  if (setting.functions == kTree) return std::make_shared<world::TreeFunctions>(setting.numbers, kDepth);
  return std::make_shared<world::LinearFunctions>(setting.numbers, weights, setting.functions == kSparse ? kNonzero : 0);
}

}  // namespace

lab::Coordinates Setting::at() const {
  return {{kFunctions, functions},           {kNumbers, std::to_string(numbers)},          {kWidth, std::to_string(width)},
          {kLayers, std::to_string(layers)}, {kCurriculum, has_curriculum ? "yes" : "no"}, {kSteps, std::to_string(steps)}};
}

Setting setting_of(const lab::Coordinates& at) {
  return {.functions = lab::text_at(at, kFunctions),
          .numbers = lab::integer_at(at, kNumbers),
          .width = lab::integer_at(at, kWidth),
          .layers = lab::integer_at(at, kLayers),
          .has_curriculum = lab::text_at(at, kCurriculum) == "yes",
          .steps = lab::integer_at(at, kSteps)};
}

std::vector<Shift> shifts_of(const Setting& setting) {
  if (setting.functions != kLinear) return {};
  using world::InputKind;
  using world::QueryPlace;
  return {{.name = "skewed covariance", .inputs = {.kind = InputKind::skewed}},
          {.name = "half the dimensions", .inputs = {.kind = InputKind::half}},
          {.name = "inputs x 1/3", .inputs = {.scale = 1.0 / 3}},
          {.name = "inputs x 1/2", .inputs = {.scale = 0.5}},
          {.name = "inputs x 2", .inputs = {.scale = 2}},
          {.name = "inputs x 3", .inputs = {.scale = 3}},
          {.name = "values x 1/3", .weights = 1.0 / 3},
          {.name = "values x 1/2", .weights = 0.5},
          {.name = "values x 2", .weights = 2},
          {.name = "values x 3", .weights = 3},
          {.name = "noise 1", .noise = 1},
          {.name = "other orthant", .inputs = {.query = QueryPlace::other_orthant}},
          {.name = "orthogonal query", .inputs = {.query = QueryPlace::orthogonal}},
          {.name = "repeated query", .inputs = {.query = QueryPlace::repeated}}};
}

std::vector<int64_t> shifted_examples(const Setting& setting) {
  return {setting.numbers / 2, setting.numbers - 1, setting.numbers, 2 * setting.numbers};
}

bool can_be_asked(const Setting& setting, const Shift& shift, int64_t examples) {
  return shift.inputs.query != world::QueryPlace::orthogonal || examples < setting.numbers;
}

int64_t points_of(const Setting& setting) {
  if (setting.functions == kTwoLayer) return 26;
  if (setting.functions == kTree) return 41;
  return 2 * setting.numbers + 1;
}

double normaliser_of(const Setting& setting) {
  if (setting.functions == kTree) return 1;
  if (setting.functions == kSparse) return kNonzero;
  return static_cast<double>(setting.numbers);
}

// Both grow from half to the whole within the first half of the training.
std::shared_ptr<const world::ValueWorld> training_world(const Setting& setting, uint64_t seed) {
  world::FunctionWorldConfig config = {.points = points_of(setting), .seed = seed};
  if (setting.has_curriculum) {
    const int64_t first = setting.numbers / 2, stages = setting.numbers - first;
    const int64_t every = std::max<int64_t>(1, setting.steps / (2 * stages));
    config.active_growth = {.from = first, .by = 1, .every = every};
    config.point_growth = {.from = 2 * first + 1, .by = 2, .every = every};
  }
  return std::make_shared<world::FunctionWorld>(functions_of(setting), config);
}

std::shared_ptr<const world::ValueWorld> question_world(const Setting& setting, uint64_t seed) {
  return std::make_shared<world::FunctionWorld>(functions_of(setting), world::FunctionWorldConfig{.points = points_of(setting), .seed = seed});
}

std::shared_ptr<const world::ValueWorld> shifted_world(const Setting& setting, const Shift& shift, int64_t examples, uint64_t seed) {
  const auto numbers = static_cast<double>(setting.numbers);
  return std::make_shared<world::FunctionWorld>(
      functions_of(setting, shift.weights), world::FunctionWorldConfig{.points = examples + 1,
                                                                       .inputs = shift.inputs,
                                                                       .noise = shift.noise,
                                                                       .value_scale = std::sqrt(numbers / (numbers + shift.noise * shift.noise)),
                                                                       .law_seed = kLawSeed,
                                                                       .seed = seed});
}

learn::Regressors references_of(const Setting& setting) {
  learn::Regressors all = {std::make_shared<learn::LeastSquares>(), std::make_shared<learn::Averaging>(),
                           std::make_shared<learn::NearestNeighbours>(3)};
  if (setting.functions == kSparse)
    for (const double alpha : {0.1, 0.01, 0.001}) all.push_back(std::make_shared<learn::Lasso>(alpha));
  if (setting.functions == kTree)
    for (const int64_t depth : {kDepth, int64_t{100}}) all.push_back(std::make_shared<learn::GreedyTree>(depth));
  if (setting.functions == kTwoLayer) all.push_back(std::make_shared<learn::TwoLayerFit>(learn::TwoLayerFitConfig{.hidden_width = 100}));
  return all;
}

}  // namespace manabi::study::regression
