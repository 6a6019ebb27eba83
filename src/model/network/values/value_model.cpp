#include "model/network/values/value_model.h"

#include <ATen/ATen.h>

#include <vector>

namespace manabi::model {

at::Tensor ValueModel::every(const tensor::ParameterLeaves& parameters, const ValueRows& rows) const {
  std::vector<at::Tensor> values;
  for (int64_t points = 1; points <= rows.points(); ++points) values.push_back(last(parameters, rows.first(points)));
  return at::stack(values, 2);
}

}  // namespace manabi::model
