// What the networks of this study are trained and asked on: four classes of functions, and tasks that differ from those of training.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lab/record.h"
#include "learn/theory/regression/regressor.h"
#include "world/values/function_world.h"

namespace manabi::study::regression {

// Coordinates of a cell.
inline constexpr const char* kFunctions = "functions";
inline constexpr const char* kNumbers = "numbers";  // of an input
inline constexpr const char* kWidth = "width";
inline constexpr const char* kLayers = "layers";
inline constexpr const char* kCurriculum = "curriculum";  // "yes", "no"
inline constexpr const char* kSteps = "steps";

// Classes of functions.
inline constexpr const char* kLinear = "linear";
inline constexpr const char* kSparse = "sparse";
inline constexpr const char* kTwoLayer = "two-layer";
inline constexpr const char* kTree = "tree";

struct Setting {
  std::string functions = kLinear;
  int64_t numbers = 5;
  int64_t width = 64;
  int64_t layers = 3;
  bool has_curriculum = false;
  int64_t steps = 20'000;

  lab::Coordinates at() const;
};
Setting setting_of(const lab::Coordinates& at);

// A row's coordinate: how the tasks differ from those of training.
inline constexpr const char* kShift = "shift";
inline constexpr const char* kAsTrained = "as trained";

struct Shift {
  std::string name;
  world::InputLaw inputs = {};
  double weights = 1;  // deviation
  double noise = 0;    // values are scaled so that their mean square stays
};
// For linear functions; none for the others.
std::vector<Shift> shifts_of(const Setting& setting);
// The numbers of examples at which shifted tasks are asked.
std::vector<int64_t> shifted_examples(const Setting& setting);

// Among as many examples as there are numbers nothing is orthogonal to all.
bool can_be_asked(const Setting& setting, const Shift& shift, int64_t examples);

int64_t points_of(const Setting& setting);  // of a row
// What squared errors are divided by: an untold value's mean square, or as published.
double normaliser_of(const Setting& setting);

std::shared_ptr<const world::ValueWorld> training_world(const Setting& setting, uint64_t seed);
std::shared_ptr<const world::ValueWorld> question_world(const Setting& setting, uint64_t seed);
// Rows of `examples` points and a query.
std::shared_ptr<const world::ValueWorld> shifted_world(const Setting& setting, const Shift& shift, int64_t examples, uint64_t seed);

// The learners that a network is set beside on these functions.
learn::Regressors references_of(const Setting& setting);

}  // namespace manabi::study::regression
