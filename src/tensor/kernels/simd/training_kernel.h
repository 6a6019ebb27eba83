// Passes of training (training.h) other than attention.
#pragma once

#include "tensor/kernels/simd/lanes.h"
#include "tensor/kernels/training.h"

namespace manabi::tensor::kernels {
namespace {

// to[i] += value at the lanes.
inline void add_to(float* to, Lanes value, Mask lanes) { store(to, load(to, lanes) + value, lanes); }

// One row of sum = input + update + bias; returns its mean.
inline float sum_and_average(const LayerNormRows& pass, int64_t row) {
  const int64_t begin = row * pass.width;
  Lanes total = all_lanes(0);
  for (int64_t i = 0; i < pass.width; i += kLanes) {
    const Mask lanes = first_lanes(pass.width - i);
    Lanes value = load(pass.input + begin + i, lanes);
    if (pass.update) {
      value = value + load(pass.update + begin + i, lanes);
      if (pass.update_bias) value = value + load(pass.update_bias + i, lanes);
      store(pass.sum + begin + i, value, lanes);
    }
    total = total + value;
  }
  return sum_of(total) / static_cast<float>(pass.width);
}

inline float variance_about(const float* values, float mean, int64_t width) {
  Lanes squares = all_lanes(0);
  for (int64_t i = 0; i < width; i += kLanes) {
    const Mask lanes = first_lanes(width - i);
    const Lanes distance = choose(lanes, load(values + i, lanes) - all_lanes(mean), all_lanes(0));
    squares = multiply_add(distance, distance, squares);
  }
  return sum_of(squares) / static_cast<float>(width);
}

inline void layer_norm(const LayerNormRows& pass) {
  for (int64_t row = 0; row < pass.rows; ++row) {
    const float mean = sum_and_average(pass, row);
    const float* values = (pass.update ? pass.sum : pass.input) + row * pass.width;
    const float inverse = 1.0f / __builtin_sqrtf(variance_about(values, mean, pass.width) + pass.epsilon);
    pass.statistics[2 * row] = mean;
    pass.statistics[2 * row + 1] = inverse;
    float* output = pass.output + row * pass.width;
    for (int64_t i = 0; i < pass.width; i += kLanes) {
      const Mask lanes = first_lanes(pass.width - i);
      const Lanes normed = (load(values + i, lanes) - all_lanes(mean)) * all_lanes(inverse);
      store(output + i, multiply_add(normed, load(pass.gain + i, lanes), load(pass.shift + i, lanes)), lanes);
    }
  }
}

// With n = (sum - mean) / deviation and g = output gradient * gain: d sum = (g - mean(g) - n * mean(g n)) / deviation.
inline void layer_norm_gradient(const LayerNormGradientRows& pass) {
  for (int64_t row = 0; row < pass.rows; ++row) {
    const int64_t begin = row * pass.width;
    const Lanes mean = all_lanes(pass.statistics[2 * row]), inverse = all_lanes(pass.statistics[2 * row + 1]);
    Lanes plain = all_lanes(0), weighted = all_lanes(0);
    for (int64_t i = 0; i < pass.width; i += kLanes) {
      const Mask lanes = first_lanes(pass.width - i);
      const Lanes output = load(pass.output_gradient + begin + i, lanes);  // zero beyond the row, so that the sums see nothing there
      const Lanes normed = (load(pass.sum + begin + i, lanes) - mean) * inverse;
      const Lanes scaled = output * load(pass.gain + i, lanes);
      plain = plain + scaled;
      weighted = multiply_add(scaled, normed, weighted);
      add_to(pass.gain_gradient + i, output * normed, lanes);
      add_to(pass.shift_gradient + i, output, lanes);
    }
    const float count = static_cast<float>(pass.width);
    const Lanes mean_plain = all_lanes(sum_of(plain) / count), mean_weighted = all_lanes(sum_of(weighted) / count);
    for (int64_t i = 0; i < pass.width; i += kLanes) {
      const Mask lanes = first_lanes(pass.width - i);
      const Lanes normed = (load(pass.sum + begin + i, lanes) - mean) * inverse;
      const Lanes scaled = load(pass.output_gradient + begin + i, lanes) * load(pass.gain + i, lanes);
      Lanes gradient = (scaled - mean_plain - normed * mean_weighted) * inverse;
      if (pass.sum_gradient) gradient = gradient + load(pass.sum_gradient + begin + i, lanes);
      store(pass.input_gradient + begin + i, gradient, lanes);
      if (pass.bias_gradient) add_to(pass.bias_gradient + i, gradient, lanes);
    }
  }
}

constexpr float kGeluSlope = 0.7978845608028654f;  // sqrt(2 / pi)
constexpr float kGeluCubic = 0.044715f;

// The tanh form as x * sigmoid(2 u), u = slope * (x + cubic * x^3).
inline Lanes gelu_sigmoid(Lanes x) {
  const Lanes u = x * multiply_add(x * x, all_lanes(kGeluSlope * kGeluCubic), all_lanes(kGeluSlope));
  return all_lanes(1.0f) / (all_lanes(1.0f) + exp2(smallest(u * all_lanes(-2 * kLog2OfE), all_lanes(127.0f))));
}

struct Gelu {
  static Lanes value(Lanes x) { return x * gelu_sigmoid(x); }
  static Lanes slope(Lanes x) {
    const Lanes share = gelu_sigmoid(x);
    const Lanes u_slope = multiply_add(x * x, all_lanes(3 * kGeluSlope * kGeluCubic), all_lanes(kGeluSlope));
    return multiply_add(x * share * (all_lanes(1.0f) - share), all_lanes(2.0f) * u_slope, share);
  }
};

struct Relu {
  static Lanes value(Lanes x) { return largest(all_lanes(0), x); }
  // 1 above 0, else 0: the smallest positive number times the largest power of two is already above 1.
  static Lanes slope(Lanes x) { return smallest(all_lanes(1.0f), largest(all_lanes(0), x) * all_lanes(0x1p127f) * all_lanes(0x1p126f)); }
};

template <class Function>
void activate_as(const ActivationRows& pass) {
  for (int64_t row = 0; row < pass.rows; ++row) {
    const int64_t begin = row * pass.width;
    for (int64_t i = 0; i < pass.width; i += kLanes) {
      const Mask lanes = first_lanes(pass.width - i);
      Lanes x = load(pass.input + begin + i, lanes);
      if (pass.bias) x = x + load(pass.bias + i, lanes);
      store(pass.output + begin + i, Function::value(x), lanes);
    }
  }
}

template <class Function>
void activate_gradient_as(const ActivationGradientRows& pass) {
  for (int64_t row = 0; row < pass.rows; ++row) {
    const int64_t begin = row * pass.width;
    for (int64_t i = 0; i < pass.width; i += kLanes) {
      const Mask lanes = first_lanes(pass.width - i);
      Lanes x = load(pass.input + begin + i, lanes);
      if (pass.bias) x = x + load(pass.bias + i, lanes);
      const Lanes gradient = load(pass.output_gradient + begin + i, lanes) * Function::slope(x);
      store(pass.input_gradient + begin + i, gradient, lanes);
      if (pass.bias_gradient) add_to(pass.bias_gradient + i, gradient, lanes);
    }
  }
}

inline void activate(const ActivationRows& pass) { pass.activation == Activation::gelu ? activate_as<Gelu>(pass) : activate_as<Relu>(pass); }

inline void activate_gradient(const ActivationGradientRows& pass) {
  pass.activation == Activation::gelu ? activate_gradient_as<Gelu>(pass) : activate_gradient_as<Relu>(pass);
}

inline float largest_in(const float* values, int64_t width) {
  Lanes most = all_lanes(-__builtin_inff());
  for (int64_t i = 0; i < width; i += kLanes) {
    const Mask lanes = first_lanes(width - i);
    most = largest(choose(lanes, load(values + i, lanes), most), most);
  }
  return largest_of(most);
}

// values = exp(values - top); returns their sum.
inline float exponentials(float* values, float top, int64_t width) {
  Lanes total = all_lanes(0);
  for (int64_t i = 0; i < width; i += kLanes) {
    const Mask lanes = first_lanes(width - i);
    const Lanes power = exp2((load(values + i, lanes) - all_lanes(top)) * all_lanes(kLog2OfE));
    store(values + i, power, lanes);
    total = total + choose(lanes, power, all_lanes(0));
  }
  return sum_of(total);
}

inline void scale_row(float* values, float factor, int64_t width) {
  for (int64_t i = 0; i < width; i += kLanes) {
    const Mask lanes = first_lanes(width - i);
    store(values + i, load(values + i, lanes) * all_lanes(factor), lanes);
  }
}

inline float sum_of_exponentials(const float* values, float top, int64_t width) {
  Lanes total = all_lanes(0);
  for (int64_t i = 0; i < width; i += kLanes) {
    const Mask lanes = first_lanes(width - i);
    total = total + choose(lanes, exp2((load(values + i, lanes) - all_lanes(top)) * all_lanes(kLog2OfE)), all_lanes(0));
  }
  return sum_of(total);
}

inline double cross_entropy(const CrossEntropyRows& pass) {
  double loss = 0;
  for (int64_t row = 0; row < pass.rows; ++row) {
    float* logits = pass.logits + row * pass.width;
    const int64_t target = pass.targets[row];
    if (target < 0) {
      if (pass.writes_gradient) __builtin_memset(logits, 0, static_cast<size_t>(pass.width) * sizeof(float));
      continue;
    }
    const float top = largest_in(logits, pass.width), chosen = logits[target];
    const float sum = pass.writes_gradient ? exponentials(logits, top, pass.width) : sum_of_exponentials(logits, top, pass.width);
    loss += static_cast<double>(top - chosen) + static_cast<double>(__builtin_logf(sum));
    if (!pass.writes_gradient) continue;
    scale_row(logits, pass.weight / sum, pass.width);
    logits[target] -= pass.weight;
  }
  return loss;
}

// Squares are added up in float32 over short runs and in double over these.
inline double add_and_square(float* into, const float* from, int64_t count) {
  constexpr int64_t kRun = 64 * kLanes;
  double squares = 0;
  for (int64_t begin = 0; begin < count; begin += kRun) {
    const int64_t end = begin + kRun < count ? begin + kRun : count;
    Lanes some = all_lanes(0);
    for (int64_t i = begin; i < end; i += kLanes) {
      const Mask lanes = first_lanes(end - i);
      Lanes value = load(into + i, lanes);
      if (from) {
        value = value + load(from + i, lanes);
        store(into + i, value, lanes);
      }
      some = multiply_add(value, value, some);
    }
    squares += static_cast<double>(sum_of(some));
  }
  return squares;
}

inline void adam(const AdamRun& run) {
  for (int64_t i = 0; i < run.count; i += kLanes) {
    const Mask lanes = first_lanes(run.count - i);
    const Lanes gradient = load(run.gradient + i, lanes) * all_lanes(run.gradient_scale);
    const Lanes old_first = load(run.first + i, lanes), old_second = load(run.second + i, lanes);
    const Lanes first = multiply_add(gradient - old_first, all_lanes(1.0f - run.beta1), old_first);
    const Lanes second = multiply_add(gradient * gradient, all_lanes(1.0f - run.beta2), old_second * all_lanes(run.beta2));
    store(run.first + i, first, lanes);
    store(run.second + i, second, lanes);
    const Lanes deviation = multiply_add(square_root(second), all_lanes(run.correction), all_lanes(run.epsilon));
    store(run.values + i, load(run.values + i, lanes) * all_lanes(run.kept) - all_lanes(run.step) * first / deviation, lanes);
  }
}

}  // namespace
}  // namespace manabi::tensor::kernels
