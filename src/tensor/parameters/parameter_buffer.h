// All trained parameters of R replicas of one model in one flat buffer, and their gradients in others of the same layout. Layers hold views.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"

namespace manabi::tensor {

// How a parameter starts. Every replica draws from a stream of its own seed that is named by the parameter.
struct Initial {
  enum class Kind { constant, normal, truncated_normal, uniform };
  Kind kind = Kind::constant;
  double scale = 0;  // constant: the value; normal: the deviation; truncated_normal: the deviation after cutting at two; uniform: the bound
};

struct ParameterShape {
  std::string name;            // "blocks.0.attention.out.weight"
  std::vector<int64_t> sizes;  // of one replica
  Initial initial;
  bool decays = false;     // whether weight decay applies
  bool is_frozen = false;  // keeps its value: it has no gradient and no step moves it

  int64_t count() const;
};

// Which parameter a layer means: an index into the list of shapes.
using ParameterId = size_t;

// The parameters that a model declares, in order, before memory for them exists.
class ParameterPlan {
 public:
  ParameterId add(ParameterShape shape);  // throws base::Error for a name that is taken
  // Freezes the parameters whose names begin with `prefix`. Throws base::Error when there is none.
  void freeze(const std::string& prefix);
  const std::vector<ParameterShape>& shapes() const { return shapes_; }

 private:
  std::vector<ParameterShape> shapes_;
};

// Where a parameter lies in a replica's row of the buffer.
struct ParameterPlace {
  int64_t begin = 0;
  int64_t count = 0;
};

class ParameterBuffer {
 public:
  // Parameters that decay lie before those that do not, frozen ones last; each begins at a multiple of 16 elements (the gaps stay zero).
  ParameterBuffer(ParameterPlan plan, int64_t replicas, at::TensorOptions options);

  // Draws replica `replica` from its seed. The values do not depend on dtype, device or the other replicas.
  void initialise(int64_t replica, uint64_t seed);

  int64_t replicas() const { return values_.size(0); }
  int64_t width() const { return values_.size(1); }     // elements of one replica, gaps included
  int64_t decaying() const { return decaying_; }        // how many of them, from the start, decay
  int64_t trained() const { return trained_; }          // how many of them, from the start, are not frozen
  int64_t parameter_count() const { return counted_; }  // of one replica, without gaps
  const at::Tensor& values() const { return values_; }  // [R, P]
  const std::vector<ParameterShape>& shapes() const { return plan_.shapes(); }
  const ParameterPlace& place(ParameterId id) const { return places_[id]; }

  at::Tensor view(ParameterId id) const;                             // [R, sizes...] of the values
  at::Tensor view_of(const at::Tensor& flat, ParameterId id) const;  // the same of a buffer of the same layout [R', P]
  at::Tensor view(const std::string& name) const;                    // throws base::Error with the nearest name

 private:
  ParameterPlan plan_;
  std::vector<ParameterPlace> places_;
  at::Tensor values_;
  int64_t decaying_ = 0;
  int64_t trained_ = 0;
  int64_t counted_ = 0;
};

// Leaves for automatic differentiation: views of some replicas' values, with gradients in a flat buffer that one thread adds to.
class ParameterLeaves {
 public:
  // As many replicas as `gradients` [R', P] has rows, from `first` on.
  ParameterLeaves(const ParameterBuffer& buffer, int64_t first, at::Tensor gradients);
  // All replicas, without gradients: for reading alone.
  explicit ParameterLeaves(const ParameterBuffer& buffer);

  const at::Tensor& operator[](ParameterId id) const { return leaves_[id]; }  // [R', sizes...]; a frozen one has no gradient
  int64_t first() const { return first_; }
  int64_t replicas() const { return replicas_; }
  const at::Tensor& gradients() const { return gradients_; }  // [R', P]
  void clear_gradients();

 private:
  int64_t first_ = 0;
  int64_t replicas_ = 0;
  at::Tensor gradients_;
  std::vector<at::Tensor> leaves_;
};

}  // namespace manabi::tensor
