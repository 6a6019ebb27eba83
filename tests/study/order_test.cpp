// The study of order: its grid, a measurement on a tiny model, and its claim on records whose truth is known.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/error.h"
#include "base/random.h"
#include "lab/claim.h"
#include "lab/study.h"
#include "probe/vectors/steering_vector.h"
#include "study/catalogue.h"
#include "study/equipment.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_llama.h"

namespace manabi::study {
namespace {

class OrderStudy : public testing::Test {
 protected:
  OrderStudy() {
    test::write_gguf(test::make_tiny_llama(), folder.path("tiny.gguf"));
    equipment.options().model = {folder.path("tiny.gguf")};
    equipment.options().threads = 1;
    study = make_study("order", equipment);
    study->set_scale(lab::RunScale::quick);
    for (const auto& [name, text] : {std::pair{"tasks", "sentiment"}, {"shots", "3"}, {"orders", "3"}, {"items", "2"}})
      study->options().set(name, text, "test");
  }

  test::TemporaryFolder folder;
  Equipment equipment{std::string(MANABI_SOURCE_FOLDER) + "/assets", {}};
  std::unique_ptr<lab::Study> study;
};

TEST_F(OrderStudy, ADrawIsMeasuredInAllItsOrdersAtOnce) {
  equipment.options().seeds = 2;
  const std::vector<lab::Cell> cells = study->grid();
  EXPECT_EQ(cells.size(), 2u * 3);
  lab::Artifacts artifacts(folder.path("artifacts"));
  lab::Workbench bench{.watch = {}, .artifacts = artifacts};
  std::set<std::vector<double>> distinct;
  const std::vector<lab::Cell> draw(cells.begin(), cells.begin() + 3);
  for (const lab::CellRecord& record : study->measure(draw, bench)) {
    ASSERT_EQ(record.items.size(), 2u);
    distinct.insert(record.items.front().scores);
  }
  EXPECT_GT(distinct.size(), 1u) << "all orders gave the same scores";
}

// Every study that asks learners takes a model with a vector; its cells are others than the plain model's.
TEST_F(OrderStudy, AModelWithAVectorIsAnotherLearner) {
  const auto plain = equipment.checkpoint(folder.path("tiny.gguf"));
  probe::save_vector({.values = 3 * at::ones({plain->lm->width()}), .layer = 1, .name = "v", .model = "tiny", .checkpoint_hash = plain->hash},
                     folder.path("v.safetensors"));
  const std::string steered = folder.path("tiny.gguf") + "+" + folder.path("v.safetensors");
  equipment.options().model = {folder.path("tiny.gguf"), steered};
  equipment.options().seeds = 1;
  const std::vector<lab::Cell> cells = study->grid();
  ASSERT_EQ(cells.size(), 6u);
  EXPECT_NE(cells[0].inputs, cells[3].inputs);
  lab::Artifacts artifacts(folder.path("artifacts"));
  lab::Workbench bench{.watch = {}, .artifacts = artifacts};
  const lab::Records without = study->measure(std::span(cells).first(3), bench), with = study->measure(std::span(cells).last(3), bench);
  EXPECT_NE(without[0].items[0].scores, with[0].items[0].scores);
  EXPECT_THROW(equipment.checkpoint(steered), base::Error);
}

// Twelve draws of eight orders, 200 queries each. An order is right with probability 0.5 plus or minus `swing`.
lab::Records made_up(double swing) {
  lab::Records records;
  for (int64_t draw = 0; draw < 12; ++draw)
    for (int64_t order = 0; order < 8; ++order) {
      lab::CellRecord record;
      record.cell.at = {{"model", "m"}, {"task", "t"}, {"shots", "4"}, {"seed", std::to_string(draw)}, {"order", std::to_string(order)}};
      base::Rng rng = base::Rng(1).child(static_cast<uint64_t>(draw)).child(static_cast<uint64_t>(order));
      for (int64_t item = 0; item < 200; ++item) {
        const bool is_right = rng.uniform() < 0.5 + (order % 2 ? swing : -swing);
        record.items.push_back({.id = std::to_string(item), .draw = draw, .scores = {is_right ? 0.0 : -1.0, -0.5}, .target = 0});
      }
      records.push_back(std::move(record));
    }
  return records;
}

TEST_F(OrderStudy, VarianceBetweenOrdersIsFreeOfSampling) {
  const lab::Claim swinging = study->claims(made_up(0.2)).front();
  EXPECT_NEAR(swinging.effect->value, 20 * 20 * 8.0 / 7, 60);
  EXPECT_EQ(lab::verdict_of(swinging), lab::Verdict::holds);
  const lab::Claim still = study->claims(made_up(0)).front();
  EXPECT_NEAR(still.effect->value, 0, 4);
  EXPECT_NE(lab::verdict_of(still), lab::Verdict::holds);
}

TEST_F(OrderStudy, OneDrawIsNotEnough) {
  lab::Records records = made_up(0.2);
  records.resize(8);
  EXPECT_EQ(lab::verdict_of(study->claims(records).front()), lab::Verdict::not_tested);
}

TEST(Studies, HaveANameATitleAPaperAndAVersion) {
  for (const std::string& name : study_names()) {
    Equipment equipment(std::string(MANABI_SOURCE_FOLDER) + "/assets", {});
    const lab::StudyInfo info = make_study(name, equipment)->info();
    EXPECT_EQ(info.name, name);
    for (const std::string& text : {info.title, info.question, info.paper, info.link}) EXPECT_FALSE(text.empty()) << name;
    EXPECT_GE(info.version, 1);
  }
}

}  // namespace
}  // namespace manabi::study
