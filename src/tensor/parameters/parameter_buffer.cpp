#include "tensor/parameters/parameter_buffer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/error.h"

namespace manabi::tensor {
namespace {

constexpr int64_t kAlignment = 16;  // elements
// The deviation of a standard normal that is cut off at two deviations.
constexpr double kTruncatedDeviation = 0.87962566103423978;

int64_t aligned(int64_t count) { return (count + kAlignment - 1) / kAlignment * kAlignment; }

double truncated_normal(base::Rng& rng) {
  double value = rng.normal();
  while (std::abs(value) > 2) value = rng.normal();
  return value / kTruncatedDeviation;
}

double draw(base::Rng& rng, const Initial& initial) {
  switch (initial.kind) {
    case Initial::Kind::constant:
      return initial.scale;
    case Initial::Kind::normal:
      return initial.scale * rng.normal();
    case Initial::Kind::truncated_normal:
      return initial.scale * truncated_normal(rng);
    case Initial::Kind::uniform:
      return initial.scale * (2 * rng.uniform() - 1);
  }
  return 0;
}

}  // namespace

int64_t ParameterShape::count() const { return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>()); }

ParameterId ParameterPlan::add(ParameterShape shape) {
  const auto same = [&](const ParameterShape& other) { return other.name == shape.name; };
  if (std::ranges::any_of(shapes_, same))
    throw base::Error({.given = "a model that declares the parameter " + shape.name + " twice", .expected = "one name a parameter"});
  shapes_.push_back(std::move(shape));
  return shapes_.size() - 1;
}

void ParameterPlan::freeze(const std::string& prefix) {
  bool found = false;
  for (ParameterShape& shape : shapes_) {
    if (!shape.name.starts_with(prefix)) continue;
    shape.is_frozen = found = true;
  }
  if (!found) throw base::Error({.given = "parameters that begin with " + prefix, .expected = "some that the model has"});
}

ParameterBuffer::ParameterBuffer(ParameterPlan plan, int64_t replicas, at::TensorOptions options)
    : plan_(std::move(plan)), places_(plan_.shapes().size()) {
  int64_t used = 0;
  const auto place_those = [&](auto&& belongs) {
    for (ParameterId id = 0; id < places_.size(); ++id) {
      const ParameterShape& shape = plan_.shapes()[id];
      if (!belongs(shape)) continue;
      places_[id] = {.begin = used, .count = shape.count()};
      used += aligned(shape.count());
      counted_ += shape.count();
    }
    return used;
  };
  decaying_ = place_those([](const ParameterShape& shape) { return !shape.is_frozen && shape.decays; });
  trained_ = place_those([](const ParameterShape& shape) { return !shape.is_frozen && !shape.decays; });
  place_those([](const ParameterShape& shape) { return shape.is_frozen; });
  values_ = at::zeros({replicas, used}, options);
}

void ParameterBuffer::initialise(int64_t replica, uint64_t seed) {
  const base::Rng streams = base::Rng(seed).child("parameters");
  for (ParameterId id = 0; id < places_.size(); ++id) {
    const ParameterShape& shape = plan_.shapes()[id];
    base::Rng rng = streams.child(shape.name);
    const at::Tensor drawn = at::empty({shape.count()}, at::kDouble);
    double* value = drawn.data_ptr<double>();
    for (int64_t i = 0; i < shape.count(); ++i) value[i] = draw(rng, shape.initial);
    values_.select(0, replica).narrow(0, places_[id].begin, places_[id].count).copy_(drawn);
  }
}

at::Tensor ParameterBuffer::view_of(const at::Tensor& flat, ParameterId id) const {
  std::vector<int64_t> sizes = {flat.size(0)};
  sizes.insert(sizes.end(), shapes()[id].sizes.begin(), shapes()[id].sizes.end());
  return flat.narrow(1, places_[id].begin, places_[id].count).view(sizes);
}

at::Tensor ParameterBuffer::view(ParameterId id) const { return view_of(values_, id); }

at::Tensor ParameterBuffer::view(const std::string& name) const {
  std::vector<std::string> names;
  for (ParameterId id = 0; id < shapes().size(); ++id) {
    if (shapes()[id].name == name) return view(id);
    names.push_back(shapes()[id].name);
  }
  throw base::Error({.given = "the parameter " + name, .expected = "one that the model has", .hint = base::nearest_hint(name, names)});
}

ParameterLeaves::ParameterLeaves(const ParameterBuffer& buffer, int64_t first, at::Tensor gradients)
    : first_(first), replicas_(gradients.size(0)), gradients_(std::move(gradients)) {
  const at::Tensor values = buffer.values().narrow(0, first, gradients_.size(0));
  for (ParameterId id = 0; id < buffer.shapes().size(); ++id) {
    at::Tensor leaf = buffer.view_of(values, id).detach();
    if (!buffer.shapes()[id].is_frozen) {
      leaf.set_requires_grad(true);
      leaf.mutable_grad() = buffer.view_of(gradients_, id);
    }
    leaves_.push_back(std::move(leaf));
  }
}

ParameterLeaves::ParameterLeaves(const ParameterBuffer& buffer) : replicas_(buffer.replicas()) {
  for (ParameterId id = 0; id < buffer.shapes().size(); ++id) leaves_.push_back(buffer.view(id).detach());
}

void ParameterLeaves::clear_gradients() { gradients_.zero_(); }

}  // namespace manabi::tensor
