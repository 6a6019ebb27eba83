#include "model/network/trained_matrix.h"

namespace manabi::model {

tensor::ParameterShape trained_matrix(const std::string& name, int64_t rows, int64_t columns, double deviation) {
  return {
      .name = name, .sizes = {rows, columns}, .initial = {.kind = tensor::Initial::Kind::truncated_normal, .scale = deviation}, .decays = true};
}

}  // namespace manabi::model
