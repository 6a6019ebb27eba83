#include "world/knowledge/curriculum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <set>

#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "world/knowledge/invented.h"

namespace manabi::world {
namespace {

using testing::HasSubstr;

Readings readings() {
  return {.train = invented_documents("people", {.first = 0, .count = 5, .texts = 2}, 1),
          .test = invented_documents("people", {.first = 5, .count = 4, .texts = 2}, 1),
          .most_format_questions = 7};
}

const CurriculumPhase kTraining = {.reading = {Reading::train_questions, Reading::train_documents}};

std::vector<ReadItem> read(CurriculumPhase phase, ReadingOrder order, int64_t places, uint64_t seed = 0) {
  phase.order = order;
  const Readings all = readings();
  const std::vector<ReadItem> items = items_of(phase, all);
  std::vector<ReadItem> sequence;
  for (const int64_t place : order_of(phase, all, places, base::Rng(seed))) sequence.push_back(items.at(static_cast<size_t>(place)));
  return sequence;
}

TEST(Curriculum, APhaseHoldsEachOfItsItemsOnce) {
  const auto count = [](std::vector<Reading> reading) { return items_of({.reading = std::move(reading)}, readings()).size(); };
  EXPECT_EQ(count({Reading::train_documents}), 5u * 2);
  EXPECT_EQ(count({Reading::test_documents}), 4u * 2);
  EXPECT_EQ(count({Reading::train_questions}), 5u * 6);
  EXPECT_EQ(count({Reading::format_questions}), 1u) << "one to four test documents";
  Readings more = readings();
  more.test = invented_documents("people", {.first = 5, .count = 20, .texts = 1}, 1);
  EXPECT_EQ(items_of({.reading = {Reading::format_questions}}, more).size(), 5u);
  more.most_format_questions = 3;
  EXPECT_EQ(items_of({.reading = {Reading::format_questions}}, more).size(), 3u);
  EXPECT_EQ(count({Reading::train_questions, Reading::format_questions}), 5u * 6) << "questions of both are there once";
  EXPECT_EQ(count({Reading::train_questions, Reading::train_documents, Reading::test_documents}), 5u * 8 + 8);
}

TEST(Curriculum, EveryOrderReadsWholeEpochs) {
  for (const ReadingOrder order : {ReadingOrder::shuffled, ReadingOrder::questions_before, ReadingOrder::questions_after,
                                   ReadingOrder::questions_before_grouped, ReadingOrder::questions_after_grouped}) {
    SCOPED_TRACE(name_of(order));
    std::map<std::pair<bool, std::pair<int64_t, int64_t>>, int64_t> counts;
    for (const ReadItem& item : read(kTraining, order, 3 * 40)) ++counts[{item.is_question, {item.document, item.index}}];
    EXPECT_EQ(counts.size(), 40u);
    for (const auto& [item, count] : counts) EXPECT_EQ(count, 3);
    EXPECT_EQ(read(kTraining, order, 50), read(kTraining, order, 50));
    EXPECT_NE(read(kTraining, order, 50, 1), read(kTraining, order, 50, 2));
  }
}

// A letter an item: "q" or "t" with the number of its document.
std::string spelled(const std::vector<ReadItem>& sequence) {
  std::string text;
  for (const ReadItem& item : sequence) text += (item.is_question ? "q" : "t") + std::to_string(item.document);
  return text;
}

TEST(Curriculum, InterleavedQuestionsStandBesideTheirDocumentInEveryEpoch) {
  const std::string before = spelled(read(kTraining, ReadingOrder::questions_before, 2 * 40)),
                    after = spelled(read(kTraining, ReadingOrder::questions_after, 2 * 40));
  for (int64_t document = 0; document < 5; ++document) {
    const std::string q = "q" + std::to_string(document), t = "t" + std::to_string(document);
    EXPECT_THAT(before, HasSubstr(q + q + q + q + q + q + t + t));
    EXPECT_THAT(after, HasSubstr(t + t + q + q + q + q + q + q));
    EXPECT_LT(before.find(q), 5u * 8 * 2) << "within the first epoch";
  }
}

TEST(Curriculum, GroupedQuestionsOfAllEpochsStandTogether) {
  const std::string before = spelled(read(kTraining, ReadingOrder::questions_before_grouped, 2 * 40)),
                    after = spelled(read(kTraining, ReadingOrder::questions_after_grouped, 2 * 40));
  const auto times = [](const std::string& what, int64_t count) {
    std::string text;
    for (int64_t i = 0; i < count; ++i) text += what;
    return text;
  };
  for (int64_t document = 0; document < 5; ++document) {
    const std::string q = "q" + std::to_string(document), t = "t" + std::to_string(document);
    EXPECT_THAT(before, HasSubstr(times(q, 12) + times(t, 4)));
    EXPECT_THAT(after, HasSubstr(times(t, 4) + times(q, 12)));
  }
}

// Where epochs are no whole number, no document is left out.
TEST(Curriculum, GroupedOrdersReadEveryDocument) {
  std::set<int64_t> documents;
  for (const ReadItem& item : read(kTraining, ReadingOrder::questions_after_grouped, 60)) documents.insert(item.document);
  EXPECT_EQ(documents.size(), 5u);
}

TEST(Curriculum, UpdatesAreSharedByEpochsTimesItems) {
  const Curriculum arm{.phases = {{.reading = {Reading::train_questions}, .epochs = 2}, {.reading = {Reading::train_documents}, .epochs = 6}}};
  EXPECT_THAT(shared_updates(arm, readings(), 100), testing::ElementsAre(50, 50)) << "60 against 60 items";
  const std::vector<int64_t> few = shared_updates(arm, readings(), 1);
  EXPECT_THAT(few, testing::Each(testing::Ge(1)));
  const std::vector<int64_t> odd = shared_updates(arm, readings(), 101);
  EXPECT_EQ(odd[0] + odd[1], 101);
}

TEST(Curriculum, ThePapersFileHasItsArms) {
  const std::vector<Curriculum> arms = read_curricula(std::string(MANABI_SOURCE_FOLDER) + "/assets/curricula/pre_instruction.toml");
  EXPECT_EQ(arms.size(), 16u);
  std::map<std::string, Curriculum> named;
  for (const Curriculum& arm : arms) named[arm.name] = arm;
  EXPECT_EQ(named.at("pit").published, 45.4);
  EXPECT_EQ(named.at("pit").phases.size(), 2u);
  EXPECT_EQ(named.at("after-grouped").phases[0].order, ReadingOrder::questions_after_grouped);
  EXPECT_EQ(named.at("cpt-weighted").phases[0].weight_beside_answers, 0.5);
  EXPECT_NEAR(named.at("it").phases[1].rate, 5e-6 / 3e-5, 1e-4);
  EXPECT_EQ(named.at("it").phases[0].rate, 1);
  // No arm reads the questions that are tested; all read the documents.
  for (const Curriculum& arm : arms) {
    const auto reads_test = [](const CurriculumPhase& phase) { return std::ranges::count(phase.reading, Reading::test_documents) == 1; };
    EXPECT_TRUE(std::ranges::any_of(arm.phases, reads_test)) << arm.name;
  }
}

class CurriculumFile : public testing::Test {
 protected:
  base::Fault fault_of(const std::string& text) {
    std::ofstream(folder_.path("c.toml")) << text;
    return test::fault_of([&] { read_curricula(folder_.path("c.toml")); });
  }
  test::TemporaryFolder folder_;
};

TEST_F(CurriculumFile, SaysWhatIsWrongAndWhere) {
  const std::string arm = "[[arm]]\nname = \"x\"\n";
  EXPECT_THAT(fault_of("[[arm]\n").where, HasSubstr("c.toml:1"));
  EXPECT_THAT(fault_of("").given, HasSubstr("[[arm]]"));
  EXPECT_THAT(fault_of(arm).given, HasSubstr("[[phase]]"));
  EXPECT_THAT(fault_of(arm + "[[arm.phase]]\nread = [\"test document\"]\n").hint, HasSubstr("test documents"));
  EXPECT_THAT(fault_of(arm + "[[arm.phase]]\nreads = [\"test documents\"]\n").hint, HasSubstr("read"));
  EXPECT_THAT(fault_of(arm + "[[arm.phase]]\nread = []\n").given, HasSubstr("read"));
  EXPECT_THAT(fault_of(arm + "[[arm.phase]]\nread = [\"test documents\"]\nepochs = -1\n").where, HasSubstr("c.toml:5"));
  EXPECT_THAT(fault_of(arm + "[[arm.phase]]\nread = [\"test documents\"]\norder = \"random\"\n").given, HasSubstr("random"));
  const std::string whole = arm + "[[arm.phase]]\nread = [\"test documents\"]\n";
  EXPECT_THAT(fault_of(whole + whole).given, HasSubstr("second arm 'x'"));
  EXPECT_THAT(fault_of("[[arm]]\nname = \"a b\"\n[[arm.phase]]\nread = [\"test documents\"]\n").given, HasSubstr("a b"));
}

}  // namespace
}  // namespace manabi::world
