#include "tensor/device.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace manabi::tensor {
namespace {

constexpr std::pair<std::string_view, at::ScalarType> kDtypes[] = {
    {"float32", at::kFloat}, {"f32", at::kFloat}, {"bfloat16", at::kBFloat16}, {"bf16", at::kBFloat16}};

int cuda_devices() { return at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0; }

std::string offered_devices() {
  std::string offered = "cpu";
  for (int index = 0; index < cuda_devices(); ++index) offered += ", cuda:" + std::to_string(index);
  return offered;
}

base::Error unknown_device(std::string_view text, std::string hint) {
  return base::Error({.where = "device", .given = "'" + std::string(text) + "'", .expected = offered_devices(), .hint = std::move(hint)});
}

// The number after "cuda:", 0 for "cuda" alone, nothing for any other text.
std::optional<int> cuda_index(std::string_view text) {
  if (text == "cuda") return 0;
  constexpr std::string_view kPrefix = "cuda:";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  int index = -1;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (failure != std::errc{} || end != text.data() + text.size() || index < 0) return std::nullopt;
  return index;
}

}  // namespace

at::Device parse_device(std::string_view text) {
  if (text == "cpu") return at::kCPU;
  const std::optional<int> index = cuda_index(text);
  if (!index) {
    const std::vector<std::string> names = {"cpu", "cuda"};
    throw unknown_device(text, base::nearest_hint(text, names));
  }
  if (!at::hasCUDA()) throw unknown_device(text, "this libtorch was built without CUDA; install one that has it, or use cpu");
  if (cuda_devices() == 0) throw unknown_device(text, "no usable GPU was found; check that nvidia-smi lists one, or use cpu");
  if (*index >= cuda_devices()) throw unknown_device(text, "devices are counted from 0");
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(*index));
}

at::ScalarType parse_dtype(std::string_view text) {
  const auto found = std::ranges::find(kDtypes, text, [](const auto& entry) { return entry.first; });
  if (found != std::end(kDtypes)) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, dtype] : kDtypes) names.emplace_back(name);
  throw base::Error({.where = "dtype",
                     .given = "'" + std::string(text) + "'",
                     .expected = "float32 (f32) or bfloat16 (bf16)",
                     .hint = base::nearest_hint(text, names)});
}

std::string name_of(at::ScalarType dtype) {
  const auto found = std::ranges::find(kDtypes, dtype, [](const auto& entry) { return entry.second; });
  if (found == std::end(kDtypes)) return at::toString(dtype);
  return std::string(found->first);
}

void set_threads(int count) {
  if (count < 1) throw base::Error({.where = "threads", .given = std::to_string(count), .expected = "1 or more"});
  at::set_num_threads(count);
}

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kMiB = 1 << 20;
  mallopt(M_ARENA_MAX, 1);  // what one thread freed serves the others too
  mallopt(M_MMAP_THRESHOLD, 32 * kMiB);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 64 * kMiB);
#endif
}

}  // namespace manabi::tensor
