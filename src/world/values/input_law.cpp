#include "world/values/input_law.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "world/require.h"

namespace manabi::world {
namespace {

constexpr const char* kWhere = "inputs";

// The streams of one row's inputs.
enum Stage : uint64_t { kNumbers, kQuery };

template <class Number, class Other>
double dot(std::span<const Number> left, std::span<const Other> right) {
  return std::inner_product(left.begin(), left.end(), right.begin(), 0.0);
}

// Takes off what lies along the unit vectors [N, I].
void take_off(std::span<double> vector, std::span<const double> units) {
  for (size_t begin = 0; begin < units.size(); begin += vector.size()) {
    const std::span<const double> unit = units.subspan(begin, vector.size());
    const double along = dot(std::span<const double>(vector), unit);
    for (size_t i = 0; i < vector.size(); ++i) vector[i] -= along * unit[i];
  }
}

double length_of(std::span<const double> vector) { return std::sqrt(dot(vector, vector)); }

// Gram and Schmidt, each vector twice for the sake of rounding; one that depends on those before it is left out. -> [N, I], orthonormal.
std::vector<double> orthonormal(std::span<const double> vectors, size_t width) {
  constexpr double kDependent = 1e-9;  // of a vector's length
  std::vector<double> units;
  for (size_t begin = 0; begin < vectors.size(); begin += width) {
    std::vector<double> vector(vectors.begin() + static_cast<std::ptrdiff_t>(begin),
                               vectors.begin() + static_cast<std::ptrdiff_t>(begin + width));
    const double before = length_of(vector);
    for (int pass = 0; pass < 2; ++pass) take_off(vector, units);
    const double length = length_of(vector);
    if (length <= kDependent * before) continue;
    for (const double number : vector) units.push_back(number / length);
  }
  return units;
}

// U^T diag(eigenvalues) U, scaled so that the mean square of what it makes of a standard normal is the width.
std::vector<float> symmetric_matrix(std::span<const double> basis, std::span<const double> eigenvalues) {
  const size_t width = eigenvalues.size();
  const double scale = std::sqrt(static_cast<double>(width) / dot(eigenvalues, eigenvalues));
  std::vector<float> matrix(width * width);
  for (size_t row = 0; row < width; ++row)
    for (size_t column = 0; column < width; ++column) {
      double sum = 0;
      for (size_t k = 0; k < width; ++k) sum += basis[k * width + row] * eigenvalues[k] * basis[k * width + column];
      matrix[row * width + column] = static_cast<float>(scale * sum);
    }
  return matrix;
}

std::vector<double> eigenvalues_of(InputKind kind, size_t width) {
  std::vector<double> eigenvalues(width);
  for (size_t i = 0; i < width; ++i)
    eigenvalues[i] = kind == InputKind::skewed ? 1 / static_cast<double>(i + 1) : i < std::max<size_t>(1, width / 2) ? 1 : 0;
  return eigenvalues;
}

}  // namespace

std::vector<double> random_basis(base::Rng rng, size_t width) {
  std::vector<double> vectors(width * width);
  for (double& number : vectors) number = rng.normal();
  return orthonormal(vectors, width);
}

InputSource::InputSource(const InputLaw& law, int64_t input_width, uint64_t seed) : law_(law), width_(static_cast<size_t>(input_width)) {
  require(input_width >= 1, {.where = kWhere, .given = fmt::format("input_width = {}", input_width), .expected = "at least 1"});
  require(std::isfinite(law.scale) && law.scale > 0,
          {.where = kWhere, .given = fmt::format("scale = {}", law.scale), .expected = "a positive number"});
  if (law.kind == InputKind::skewed || law.kind == InputKind::half)
    matrix_ = symmetric_matrix(random_basis(base::Rng(seed).child("eigenvectors"), width_), eigenvalues_of(law.kind, width_));
}

std::span<float> InputSource::point(std::span<float> inputs, size_t index) const { return inputs.subspan(index * width_, width_); }

void InputSource::draw(base::Rng rng, int64_t active, std::span<float> inputs) const {
  base::Rng numbers = rng.child(kNumbers);
  const auto scale = static_cast<float>(law_.scale);
  if (law_.kind == InputKind::uniform) {
    numbers.fill_uniforms(-scale / 2, scale / 2, inputs);
  } else {
    std::ranges::fill(inputs, 0.0F);
    numbers.add_normals(scale, inputs);
  }
  for (size_t begin = 0; begin < inputs.size(); begin += width_) {
    const std::span<float> input = inputs.subspan(begin, width_);
    if (!matrix_.empty()) {
      const std::vector<float> normals(input.begin(), input.end());
      for (size_t i = 0; i < width_; ++i)
        input[i] = static_cast<float>(dot(std::span<const float>(normals), std::span<const float>(matrix_).subspan(i * width_, width_)));
    }
    std::fill(input.begin() + active, input.end(), 0.0F);
  }
  if (law_.query != QueryPlace::same) place_query(rng.child(kQuery), inputs);
}

void InputSource::place_query(base::Rng rng, std::span<float> inputs) const {
  const size_t others = inputs.size() / width_ - 1;
  const std::span<float> query = point(inputs, others);
  if (law_.query == QueryPlace::repeated) {
    require(others > 0, {.where = kWhere, .given = "a repeated query in a row of one point", .expected = "at least two points"});
    std::ranges::copy(point(inputs, rng.below(others)), query.begin());
  }
  if (law_.query == QueryPlace::other_orthant)
    for (size_t index = 1; index < others; ++index)
      for (size_t i = 0; i < width_; ++i) point(inputs, index)[i] = std::copysign(point(inputs, index)[i], inputs[i]);
  if (law_.query == QueryPlace::orthogonal) {
    require(others < width_, {.where = kWhere,
                              .given = fmt::format("points = {}, input_width = {} with an orthogonal query", others + 1, width_),
                              .expected = "no more points than numbers in an input"});
    const std::vector<double> before(query.begin(), query.end()),
        context(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(others * width_));
    std::vector<double> across = before;
    take_off(across, orthonormal(context, width_));
    const double stretch = length_of(before) / length_of(across);
    for (size_t i = 0; i < width_; ++i) query[i] = static_cast<float>(stretch * across[i]);
  }
}

}  // namespace manabi::world
