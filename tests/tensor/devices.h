// The devices that this build and machine offer: every test of a kernel runs once on each.
#pragma once

#include <ATen/ATen.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace manabi::tensor {

inline std::vector<at::DeviceType> test_devices() {
  std::vector<at::DeviceType> devices = {at::kCPU};
  if (at::hasCUDA() && at::detail::getCUDAHooks().deviceCount() > 0) devices.push_back(at::kCUDA);
  return devices;
}

inline std::string device_test_name(const testing::TestParamInfo<at::DeviceType>& info) { return info.param == at::kCPU ? "Cpu" : "Cuda"; }

// Draws on the CPU, so that every device is given the same numbers.
class OnEveryDevice : public testing::TestWithParam<at::DeviceType> {
 protected:
  void SetUp() override { at::manual_seed(1); }

  static at::Device device() { return GetParam(); }
  static at::Tensor normal(at::IntArrayRef sizes) { return at::randn(sizes, at::kFloat).to(device()); }
  static at::Tensor whole_numbers(int64_t below, at::IntArrayRef sizes) { return at::randint(below, sizes, at::kLong).to(device()); }
  static at::TensorOptions floats() { return at::TensorOptions(device()).dtype(at::kFloat); }
};

}  // namespace manabi::tensor

#define ON_EVERY_DEVICE(suite) \
  INSTANTIATE_TEST_SUITE_P(Device, suite, ::testing::ValuesIn(::manabi::tensor::test_devices()), ::manabi::tensor::device_test_name)
