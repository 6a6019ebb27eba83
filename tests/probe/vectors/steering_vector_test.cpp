#include "probe/vectors/steering_vector.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/format/safetensors.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/toy_checkpoint.h"

namespace manabi::probe {
namespace {

using test::fault_of;
using testing::HasSubstr;

SteeringVector vector_of(const std::vector<float>& values, const std::string& name = "antonyms") {
  return {
      .values = at::tensor(values), .layer = 0, .use = VectorUse::add, .name = name, .model = "toy", .checkpoint_hash = "aa", .made_of = "{}"};
}

TEST(SteeringVector, ComesBackFromItsFile) {
  const test::TemporaryFolder folder;
  const SteeringVector written = vector_of({1.5f, -2});
  save_vector(written, folder.path("v.safetensors"));
  const SteeringVector read = load_vector(folder.path("v.safetensors"));
  EXPECT_TRUE(at::equal(read.values, written.values));
  EXPECT_EQ(read.layer, 0);
  EXPECT_EQ(read.use, VectorUse::add);
  EXPECT_EQ(read.name + read.model + read.checkpoint_hash + read.made_of, "antonymstoyaa{}");
}

TEST(SteeringVector, FilesThatAreNoneAreRefused) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("v.safetensors");
  const auto refused = [&](const std::map<std::string, std::string>& changed, const std::vector<float>& values = {1, 2},
                           const char* tensor = "vector") {
    std::map<std::string, std::string> metadata = {
        {"format", "manabi-vector-1"}, {"name", "n"}, {"layer", "0"}, {"use", "add"}, {"model", "toy"}, {"checkpoint", "aa"}, {"made_of", ""}};
    for (const auto& [key, value] : changed) metadata[key] = value;
    for (const auto& [key, value] : changed)
      if (value.empty()) metadata.erase(key);
    const base::SafetensorsInput input{.name = tensor, .dtype = "F32", .shape = {std::ssize(values)}, .bytes = std::as_bytes(std::span(values))};
    base::write_safetensors(path, std::span(&input, 1), metadata);
    const base::Fault fault = fault_of([&] { load_vector(path); });
    return fault.where + ": " + fault.given;
  };
  EXPECT_THAT(refused({{"layer", ""}}), HasSubstr("no 'layer'"));
  EXPECT_THAT(refused({{"layer", "-1"}}), HasSubstr("'-1'"));
  EXPECT_THAT(refused({{"use", "mend"}}), HasSubstr("'mend'"));
  EXPECT_THAT(refused({{"format", "other"}}), HasSubstr("'other'"));
  EXPECT_THAT(refused({}, {1, std::nanf("")}), HasSubstr("not finite"));
  EXPECT_THAT(refused({}, {1, 2}, "weight"), HasSubstr("no tensor 'vector'"));
  EXPECT_THAT(fault_of([&] { load_vector(folder.path("none.safetensors")); }).where, HasSubstr("none.safetensors"));
}

TEST(SteeringVector, BelongsToTheModelThatItWasReadFrom) {
  model::Checkpoint checkpoint = test::toy_checkpoint({});
  checkpoint.hash = "aa";
  EXPECT_NO_THROW(check_fits(vector_of({1, 2}), checkpoint));
  checkpoint.hash = "bb";
  const base::Fault fault = fault_of([&] { check_fits(vector_of({1, 2}), checkpoint); });
  EXPECT_THAT(fault.given, HasSubstr("checkpoint aa, width 2"));
  EXPECT_THAT(fault.expected, HasSubstr("checkpoint bb, width 2"));
  EXPECT_NO_THROW(check_fits(vector_of({1, 2}), checkpoint, true));
  EXPECT_THROW(check_fits(vector_of({1, 2, 3}), checkpoint, true), base::Error);
  SteeringVector high = vector_of({1, 2});
  high.layer = 1;
  EXPECT_THROW(check_fits(high, checkpoint, true), base::Error);
}

TEST(SteeringVector, ASumNamesItsParts) {
  const std::vector<SteeringVector> vectors = {vector_of({1, 2}, "a"), vector_of({10, 20}, "b")};
  const SteeringVector sum = compose(vectors, std::vector<double>{1, -0.5});
  EXPECT_TRUE(at::equal(sum.values, at::tensor({-4.0f, -8.0f})));
  EXPECT_EQ(sum.name, "1 a + -0.5 b");
  EXPECT_THROW(compose(vectors, std::vector<double>{1}), base::Error);
  EXPECT_THROW(compose({}, {}), base::Error);
  EXPECT_THAT(fault_of([&] { compose(std::vector{vectors[0], vector_of({1}, "c")}, std::vector<double>{1, 1}); }).where, HasSubstr("'c'"));
}

TEST(SteeringVector, TakesThePlaceOfTheStreamOrIsAdded) {
  const at::Tensor states = at::tensor({1.0f, 2.0f, 3.0f, 4.0f}).view({2, 2});
  SteeringVector vector = vector_of({10, 20});
  EXPECT_TRUE(at::equal(steered(vector, states), states + vector.values));
  vector.use = VectorUse::replace;
  EXPECT_TRUE(at::equal(steered(vector, states), at::tensor({10.0f, 20.0f, 10.0f, 20.0f}).view({2, 2})));
}

}  // namespace
}  // namespace manabi::probe
