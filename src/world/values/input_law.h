// Where the inputs of a row's points come from, and where its query stands (Garg, Tsipras, Liang and Valiant 2022, section 4.2: the shifts
// between training and prompts; von Oswald et al. 2023: uniform inputs).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"

namespace manabi::world {

// normal: every number standard normal. uniform: over (-1/2, 1/2). skewed, half: normal ones through a symmetric matrix of random
// eigenvectors, whose eigenvalues are 1, 1/2, ..., 1/I, or 1 for the first half and 0, scaled so that an input's mean square stays I.
enum class InputKind { normal, uniform, skewed, half };

// same: as the other points. other_orthant: the others keep the signs that the row's first point has, the query's are new. orthogonal: the
// query keeps its length but what lies in the span of the others is taken off. repeated: the query is one of the others.
enum class QueryPlace { same, other_orthant, orthogonal, repeated };

struct InputLaw {
  InputKind kind = InputKind::normal;
  double scale = 1;  // what every number is multiplied by
  QueryPlace query = QueryPlace::same;
};

class InputSource {
 public:
  // `seed`: of the eigenvectors of skewed and half. Throws base::Error for a width or a scale that is not positive.
  InputSource(const InputLaw& law, int64_t input_width, uint64_t seed);

  // Inputs [T, I]; numbers from `active` on are zero. Throws base::Error when the query cannot be orthogonal to as many points.
  void draw(base::Rng rng, int64_t active, std::span<float> inputs) const;

 private:
  void place_query(base::Rng rng, std::span<float> inputs) const;
  std::span<float> point(std::span<float> inputs, size_t index) const;

  InputLaw law_;
  size_t width_;
  std::vector<float> matrix_;  // [I, I], of skewed and half
};

// A basis of the numbers' space drawn uniformly: [I, I], its rows orthonormal.
std::vector<double> random_basis(base::Rng rng, size_t width);

}  // namespace manabi::world
