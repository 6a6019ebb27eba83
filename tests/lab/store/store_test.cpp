#include "lab/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "base/error.h"
#include "tests/lab/fake_study.h"
#include "tests/support/temporary_folder.h"

namespace manabi::lab {
namespace {

using test::content_of;
using test::FakeStudy;
using testing::ElementsAre;

class StoreTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  std::string path_ = folder_.path("workspace/runs.sqlite");

  static Records some_records() {
    FakeStudy study;
    Records records;
    for (const Cell& cell : study.grid()) {
      records.push_back(FakeStudy::record_of(cell));
      records.back().key = key_of("fake", 1, cell);
      records.back().seconds = 0.25;
      records.back().artifacts = {"adapter-1", "vector-2"};
    }
    return records;
  }
  static std::vector<std::string> keys_of(const Records& records) {
    std::vector<std::string> keys;
    for (const CellRecord& record : records) keys.push_back(record.key);
    return keys;
  }
};

TEST_F(StoreTest, GivesBackWhatWasPut) {
  const Records records = some_records();
  Store(path_, Store::Mode::write).put("fake", 1, records);
  const Records back = Store(path_, Store::Mode::read).get(keys_of(records));
  EXPECT_EQ(content_of(back), content_of(records));
  EXPECT_EQ(back.front().seconds, 0.25);
}

TEST_F(StoreTest, GivesRecordsInTheOrderAskedForAndLeavesOutMissingOnes) {
  const Records records = some_records();
  Store store(path_, Store::Mode::write);
  store.put("fake", 1, std::span(records).first(3));
  const std::string missing(64, '0');
  const std::vector<std::string> asked = {records[2].key, missing, records[0].key};
  const Records back = store.get(asked);
  EXPECT_THAT(keys_of(back), ElementsAre(records[2].key, records[0].key));
  EXPECT_THAT(store.present(asked), testing::UnorderedElementsAre(records[2].key, records[0].key));
}

TEST_F(StoreTest, KeepsNumbersThatAreNotFinite) {
  CellRecord record = some_records().front();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  record.rows = {{.metric = "loss", .value = NAN}, {.metric = "loss", .value = -kInfinity}};
  record.items = {{.id = "a", .scores = {NAN, -kInfinity, -0.0}}};
  Store store(path_, Store::Mode::write);
  store.put("fake", 1, {&record, 1});
  const Records back = store.get(keys_of({record}));
  EXPECT_TRUE(std::isnan(back[0].rows[0].value));
  EXPECT_EQ(back[0].rows[1].value, -kInfinity);
  EXPECT_TRUE(std::isnan(back[0].items[0].scores[0]));
  EXPECT_EQ(back[0].items[0].scores[1], -kInfinity);
  EXPECT_TRUE(std::signbit(back[0].items[0].scores[2]));
}

TEST_F(StoreTest, KeepsOddTextAndEmptyParts) {
  CellRecord record;
  record.cell.at = {{"tâche", "\"quoted\"\n\t'; DROP TABLE cells; --"}};
  record.items = {{.id = std::string("a\0b", 3), .scores = {}}};
  record.exhibits["note"] = {{"nested", {1, 2.5, nullptr}}};
  record.key = key_of("fake", 1, record.cell);
  Store store(path_, Store::Mode::write);
  store.put("fake", 1, {&record, 1});
  EXPECT_EQ(content_of(store.get(keys_of({record}))), content_of({record}));
}

TEST_F(StoreTest, KeepsWorkWhoseTextIsNotUtf8) {
  CellRecord record = some_records().front();
  record.exhibits["answer"] = "caf\xe9";
  Store store(path_, Store::Mode::write);
  store.put("fake", 1, {&record, 1});
  EXPECT_EQ(store.get(keys_of({record}))[0].exhibits["answer"], "caf\xef\xbf\xbd");
}

TEST_F(StoreTest, PuttingAgainReplacesAllOfACell) {
  Records records = some_records();
  Store store(path_, Store::Mode::write);
  store.put("fake", 1, records);
  records[0].items.clear();
  records[0].rows = {{.metric = "new", .value = 7}};
  store.put("fake", 1, std::span(records).first(1));
  EXPECT_EQ(content_of(store.get(keys_of(records))), content_of(records));
  EXPECT_EQ(store.keys_of("fake").size(), records.size());
}

TEST_F(StoreTest, VersionsOfAStudyLieSideBySide) {
  const Records records = some_records();
  Store store(path_, Store::Mode::write);
  store.put("fake", 1, std::span(records).first(1));
  store.put("fake", 2, std::span(records).first(1));
  EXPECT_THAT(store.keys_of("fake"), ElementsAre(key_of("fake", 1, records[0].cell), key_of("fake", 2, records[0].cell)));
  EXPECT_TRUE(store.keys_of("other").empty());
}

TEST_F(StoreTest, AFailedPutLeavesNothing) {
  Records records = some_records();
  Store store(path_, Store::Mode::write);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  const char* trap = "CREATE TRIGGER trap BEFORE INSERT ON items WHEN NEW.item = 'bad' BEGIN SELECT RAISE(ABORT, 'trapped'); END";
  ASSERT_EQ(sqlite3_exec(other, trap, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  records[1].items = {{.id = "bad"}};  // after the first record was written
  EXPECT_THROW(store.put("fake", 1, records), base::Error);
  EXPECT_TRUE(store.keys_of("fake").empty());
  records[1].items.clear();
  store.put("fake", 1, records);
  EXPECT_EQ(store.keys_of("fake").size(), records.size());
}

TEST_F(StoreTest, ReadersSeeCommittedGroupsWhileAWriterIsOpen) {
  const Records records = some_records();
  Store writer(path_, Store::Mode::write);
  writer.put("fake", 1, std::span(records).first(2));
  const Store reader(path_, Store::Mode::read);
  EXPECT_EQ(reader.keys_of("fake").size(), 2u);
  writer.put("fake", 1, std::span(records).subspan(2));
  EXPECT_EQ(reader.keys_of("fake").size(), records.size());
}

TEST_F(StoreTest, ReadersCannotWrite) {
  Store(path_, Store::Mode::write);
  Store reader(path_, Store::Mode::read);
  EXPECT_THROW(reader.put("fake", 1, some_records()), std::logic_error);
  EXPECT_THROW(reader.begin_run({}), std::logic_error);
  EXPECT_THROW(reader.end_run(1, "finished", 1), std::logic_error);
}

TEST_F(StoreTest, KeepsRunsNewestFirst) {
  const Records records = some_records();
  const std::vector<std::string> keys = keys_of(records);
  Store store(path_, Store::Mode::write);
  store.put("fake", 1, std::span(records).first(2));
  const int64_t first = store.begin_run({.study = "fake", .started = "2024-05-06T07:08:09Z", .manifest = {{"shots", {0, 4}}}, .cells = keys});
  const int64_t second = store.begin_run({.study = "other", .started = "2024-05-07T07:08:09Z"});
  store.end_run(first, "finished", 12.5);
  const std::vector<RunEntry> runs = store.runs();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].id, second);
  EXPECT_EQ(runs[0].state, "running");
  EXPECT_EQ(runs[1].study, "fake");
  EXPECT_EQ(runs[1].started, "2024-05-06T07:08:09Z");
  EXPECT_EQ(runs[1].state, "finished");
  EXPECT_EQ(runs[1].seconds, 12.5);
  EXPECT_EQ(runs[1].manifest, base::Json({{"shots", {0, 4}}}));
  EXPECT_EQ(runs[1].cells, keys);
  EXPECT_EQ(store.run_summaries()[1].measured, 2);
}

TEST_F(StoreTest, ARunThatNeverEndedCountsAsKilledForTheNextWriter) {
  Store(path_, Store::Mode::write).begin_run({.study = "fake"});
  EXPECT_EQ(Store(path_, Store::Mode::read).runs()[0].state, "running");
  EXPECT_EQ(Store(path_, Store::Mode::write).runs()[0].state, "killed");
}

TEST_F(StoreTest, GathersShardsWithoutDuplicates) {
  const Records records = some_records();
  Store one(folder_.path("1.sqlite"), Store::Mode::write), two(folder_.path("2.sqlite"), Store::Mode::write);
  one.put("fake", 1, std::span(records).first(5));
  two.put("fake", 1, std::span(records).subspan(3));
  const std::vector<const Store*> stores = {&one, &two};
  EXPECT_EQ(content_of(gather(stores, keys_of(records))), content_of(records));
  EXPECT_EQ(content_of(gather_all(stores, "fake")), content_of(records));
}

TEST_F(StoreTest, TakesAHundredThousandItems) {
  CellRecord record = some_records().front();
  record.items.assign(100'000, {.id = "validation-12345", .scores = {-1, -2, -3, -4}, .target = 1});
  const auto start = std::chrono::steady_clock::now();
  {
    Store store(path_, Store::Mode::write);
    store.put("fake", 1, {&record, 1});
    EXPECT_EQ(store.get(keys_of({record}))[0].items.size(), 100'000u);
  }
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 5.0);
  EXPECT_LT(std::filesystem::file_size(path_), 10'000'000u);
}

}  // namespace
}  // namespace manabi::lab
