#include "tensor/linear.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/tensor/close.h"

namespace manabi::tensor {
namespace {

at::Tensor normal(at::IntArrayRef sizes, at::ScalarType dtype) { return at::randn(sizes, at::kFloat).to(dtype); }

at::Tensor product(const at::Tensor& input, const at::Tensor& weight) {
  return at::linear(input.to(at::kDouble), weight.to(at::kDouble)).to(input.scalar_type());
}

class LinearOfDtype : public testing::TestWithParam<at::ScalarType> {};

TEST_P(LinearOfDtype, MatchesTheProductInDoubleForEveryRowCount) {
  at::manual_seed(1);
  for (const auto& [outputs, inputs] : {std::pair<int64_t, int64_t>{1, 1}, {7, 5}, {64, 64}, {100, 31}, {960, 576}, {33, 1536}}) {
    const at::Tensor weight = normal({outputs, inputs}, GetParam());
    const Linear linear(weight.clone());
    for (const int64_t rows : {0, 1, 2, 3, 15, 16, 17, 64, 520}) {
      const at::Tensor input = normal({rows, inputs}, GetParam());
      EXPECT_TRUE(is_close(linear(input), product(input, weight), 1 + std::sqrt(inputs) / 16.0))
          << rows << " rows, " << outputs << " x " << inputs;
    }
  }
}

TEST_P(LinearOfDtype, GivesItsWeightBack) {
  at::manual_seed(2);
  for (const auto& [outputs, inputs] : {std::pair<int64_t, int64_t>{1, 1}, {7, 5}, {96, 64}, {100, 31}}) {
    const at::Tensor weight = normal({outputs, inputs}, GetParam());
    const Linear linear(weight.clone());
    EXPECT_TRUE(at::equal(linear.weight(), weight));
    EXPECT_EQ(linear.inputs(), inputs);
    EXPECT_EQ(linear.outputs(), outputs);
  }
}

TEST_P(LinearOfDtype, KeepsOneCopyOfItsWeight) {
  at::Tensor weight = normal({96, 64}, GetParam());
  const c10::weak_intrusive_ptr<c10::TensorImpl> given(weight.getIntrusivePtr());
  const Linear linear(std::move(weight));
  const bool is_packed = linear.weight().data_ptr() != linear.weight().data_ptr();
  EXPECT_EQ(given.expired(), is_packed);
}

TEST_P(LinearOfDtype, ARowIsTheSameAloneAndTogether) {
  at::manual_seed(3);
  const Linear linear(normal({96, 576}, GetParam()));
  const at::Tensor input = normal({70, 576}, GetParam());
  const at::Tensor together = linear(input);
  for (const int64_t row : {0, 33, 69}) EXPECT_CLOSE(linear(input.narrow(0, row, 1)), together.narrow(0, row, 1));
}

TEST_P(LinearOfDtype, TakesNonContiguousInputs) {
  at::manual_seed(4);
  const at::Tensor weight = normal({48, 64}, GetParam());
  const Linear linear(weight.clone());
  const at::Tensor wide = normal({20, 192}, GetParam());
  EXPECT_CLOSE(linear(wide.narrow(1, 64, 64)), product(wide.narrow(1, 64, 64), weight));
  const at::Tensor turned = normal({64, 20}, GetParam()).t();
  EXPECT_CLOSE(linear(turned), product(turned, weight));
}

TEST_P(LinearOfDtype, NanStaysInItsRow) {
  at::manual_seed(5);
  const Linear linear(normal({32, 64}, GetParam()));
  const at::Tensor input = normal({5, 64}, GetParam());
  input[2][0] = NAN;
  const at::Tensor output = linear(input);
  EXPECT_TRUE(at::isnan(output[2]).all().item<bool>());
  EXPECT_EQ(at::isnan(output).sum().item<int64_t>(), 32);
}

INSTANTIATE_TEST_SUITE_P(Dtypes, LinearOfDtype, testing::Values(at::kFloat, at::kBFloat16),
                         [](const auto& dtype) { return std::string(at::toString(dtype.param)); });

TEST(Linear, RefusesAWeightThatIsNoMatrix) { EXPECT_THROW(Linear(at::zeros({3})), c10::Error); }

}  // namespace
}  // namespace manabi::tensor
