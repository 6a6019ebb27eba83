#include "tensor/device.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"

namespace manabi::tensor {
namespace {

using testing::HasSubstr;

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const base::Error& error) {
    return error.what();
  }
  return "";
}

TEST(Device, ParsesTheCpu) { EXPECT_EQ(parse_device("cpu"), at::Device(at::kCPU)); }

TEST(Device, AnUnknownDeviceNamesWhatThereIs) {
  const std::string message = message_of([] { parse_device("cud"); });
  EXPECT_THAT(message, HasSubstr("'cud'"));
  EXPECT_THAT(message, HasSubstr("expected: cpu"));
  EXPECT_THAT(message, HasSubstr("did you mean 'cuda'?"));
}

TEST(Device, MalformedIndicesAreRefused) {
  for (const char* text : {"cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:99999999999", "", "CPU"}) {
    EXPECT_THROW(parse_device(text), base::Error) << text;
  }
}

TEST(Device, ADeviceThatIsNotThereIsRefusedWithAHint) {
  const std::string message = message_of([] { parse_device("cuda:99"); });
  EXPECT_THAT(message, HasSubstr("'cuda:99'"));
  EXPECT_THAT(message, HasSubstr("hint: "));
}

TEST(Device, CudaIsTakenExactlyWhereItIs) {
  if (at::hasCUDA()) {
    EXPECT_EQ(parse_device("cuda"), at::Device(at::kCUDA, 0));
  } else {
    EXPECT_THAT(message_of([] { parse_device("cuda"); }), HasSubstr("without CUDA"));
  }
}

TEST(Device, DtypesHaveALongAndAShortName) {
  EXPECT_EQ(parse_dtype("float32"), at::kFloat);
  EXPECT_EQ(parse_dtype("f32"), at::kFloat);
  EXPECT_EQ(parse_dtype("bfloat16"), at::kBFloat16);
  EXPECT_EQ(parse_dtype("bf16"), at::kBFloat16);
}

TEST(Device, NameOfADtypeIsParsedBack) {
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) EXPECT_EQ(parse_dtype(name_of(dtype)), dtype);
}

TEST(Device, AnUnknownDtypeNamesTheNearest) {
  const std::string message = message_of([] { parse_dtype("float33"); });
  EXPECT_THAT(message, HasSubstr("'float33'"));
  EXPECT_THAT(message, HasSubstr("did you mean 'float32'?"));
}

TEST(Device, ThreadsAreSet) {
  const int before = at::get_num_threads();
  set_threads(1);
  EXPECT_EQ(at::get_num_threads(), 1);
  set_threads(before);
  EXPECT_THAT(message_of([] { set_threads(0); }), HasSubstr("expected: 1 or more"));
}

}  // namespace
}  // namespace manabi::tensor
