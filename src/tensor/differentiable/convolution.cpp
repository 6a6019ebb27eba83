#include "tensor/differentiable/convolution.h"

#include <algorithm>

#include "tensor/differentiable/differentiable.h"
#include "tensor/differentiable/fused.h"

namespace manabi::tensor {
namespace {

// Calls visit(offset in the image, offset in the patches, elements) for every run of memory that a patch shares with its image [S, S, I].
template <class Visit>
void for_each_run(const Window& window, int64_t side, int64_t channels, const Visit& visit) {
  const int64_t places = window.places(side), patch = window.side * window.side * channels;
  for (int64_t row = 0; row < places; ++row) {
    for (int64_t column = 0; column < places; ++column) {
      const int64_t top = row * window.stride - window.padding, left = column * window.stride - window.padding;
      const int64_t first = std::max<int64_t>(0, -left), last = std::min(window.side, side - left);
      for (int64_t y = std::max<int64_t>(0, -top); y < std::min(window.side, side - top); ++y)
        visit(((top + y) * side + left + first) * channels, (row * places + column) * patch + (y * window.side + first) * channels,
              (last - first) * channels);
    }
  }
}

// input [R, B, S, S, I] -> [R, B S' S', k k I], zeros where a patch leaves its image.
struct Patches : Function<Patches> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, int64_t side, int64_t stride, int64_t padding) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const Window window = {.side = side, .stride = stride, .padding = padding};
    const at::Tensor plain = input.contiguous();
    const int64_t images = plain.size(0) * plain.size(1), map = plain.size(2), channels = plain.size(4), places = window.places(map);
    const at::Tensor patches = at::zeros({plain.size(0), plain.size(1) * places * places, side * side * channels}, plain.options());
    for (int64_t image = 0; image < images; ++image) {
      const float* from = plain.const_data_ptr<float>() + image * map * map * channels;
      float* to = patches.data_ptr<float>() + image * places * places * side * side * channels;
      for_each_run(window, map, channels,
                   [&](int64_t in_image, int64_t in_patches, int64_t count) { std::copy_n(from + in_image, count, to + in_patches); });
    }
    context->saved_data["sizes"] = plain.sizes().vec();
    context->saved_data["window"] = std::vector<int64_t>{side, stride, padding};
    return patches;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::AutoDispatchBelowADInplaceOrView below;
    const std::vector<int64_t> sizes = context->saved_data["sizes"].toIntVector(), numbers = context->saved_data["window"].toIntVector();
    const Window window = {.side = numbers[0], .stride = numbers[1], .padding = numbers[2]};
    const int64_t images = sizes[0] * sizes[1], map = sizes[2], channels = sizes[4], places = window.places(map);
    const at::Tensor patches = gradients[0].contiguous(), input = at::zeros(sizes, patches.options());
    for (int64_t image = 0; image < images; ++image) {
      const float* from = patches.const_data_ptr<float>() + image * places * places * window.side * window.side * channels;
      float* to = input.data_ptr<float>() + image * map * map * channels;
      for_each_run(window, map, channels, [&](int64_t in_image, int64_t in_patches, int64_t count) {
        for (int64_t i = 0; i < count; ++i) to[in_image + i] += from[in_patches + i];
      });
    }
    return {input, {}, {}, {}};
  }
};

void check(const at::Tensor& input, const at::Tensor& weight, const Window& window) {
  TORCH_CHECK(input.dim() == 5 && input.size(2) == input.size(3) && weight.dim() == 3 && weight.size(0) == input.size(0) &&
                  weight.size(2) == window.side * window.side * input.size(4) && input.size(2) + 2 * window.padding >= window.side,
              "convolve: input ", input.sizes(), " and weight ", weight.sizes(), " for a window of ", window.side,
              ", expected [R, B, S, S, I] and [R, O, k k I]");
}

// A patch of one place is that place.
at::Tensor rows_of(const at::Tensor& input, const Window& window) {
  if (window.side == 1 && window.stride == 1 && window.padding == 0) return input.contiguous().flatten(1, 3);
  return Patches::apply(input, window.side, window.stride, window.padding);
}

}  // namespace

at::Tensor convolve(const at::Tensor& input, const at::Tensor& weight, const Window& window) {
  check(input, weight, window);
  if (!training_kernels({input, weight})) return convolve_reference(input, weight, window);
  const int64_t places = window.places(input.size(2));
  return dense(rows_of(input, window), weight).view({input.size(0), input.size(1), places, places, weight.size(1)});
}

at::Tensor convolve_reference(const at::Tensor& input, const at::Tensor& weight, const Window& window) {
  check(input, weight, window);
  const int64_t replicas = input.size(0), channels = input.size(4), outputs = weight.size(1), side = window.side;
  // Replicas are the groups of one convolution.
  const at::Tensor stacked = input.permute({1, 0, 4, 2, 3}).flatten(1, 2);
  const at::Tensor kernels = plain(weight).reshape({replicas * outputs, side, side, channels}).permute({0, 3, 1, 2});
  const at::Tensor result = at::conv2d(stacked, kernels, {}, window.stride, window.padding, /*dilation=*/1, replicas);
  return result.unflatten(1, {replicas, outputs}).permute({1, 0, 3, 4, 2});
}

}  // namespace manabi::tensor
