// Every way in which a store can be unusable, and what the message says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "lab/store/store.h"
#include "tests/lab/fake_study.h"
#include "tests/lab/store/other_user.h"
#include "tests/support/temporary_folder.h"

namespace manabi::lab {
namespace {

namespace fs = std::filesystem;

using test::FakeStudy;
using test::message_of;
using testing::AllOf;
using testing::HasSubstr;

class StoreErrors : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  std::string path_ = folder_.path("runs.sqlite");

  std::string error_of_opening(Store::Mode mode) const {
    return message_of<base::Error>([&] { Store(path_, mode); });
  }
  Records put_some(const std::string& path) const {
    FakeStudy study;
    Records records;
    for (const Cell& cell : study.grid()) records.push_back(FakeStudy::record_of(cell));
    Store(path, Store::Mode::write).put("fake", 1, records);
    return records;
  }
  void run_sql(const std::string& sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
  }
};

TEST_F(StoreErrors, MissingStoreCannotBeRead) {
  EXPECT_THAT(error_of_opening(Store::Mode::read), AllOf(HasSubstr(path_), HasSubstr("does not exist"), HasSubstr("run a study first")));
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(StoreErrors, NewerVersionNamesBothVersions) {
  put_some(path_);
  run_sql("PRAGMA user_version = 7");
  for (const Store::Mode mode : {Store::Mode::read, Store::Mode::write}) {
    EXPECT_THAT(error_of_opening(mode), AllOf(HasSubstr(path_), HasSubstr("newer Manabi (store version 7)"),
                                              HasSubstr("store version 1 or older"), HasSubstr("update")));
  }
}

TEST_F(StoreErrors, TextIsNotAStore) {
  folder_.write("runs.sqlite", "accuracy,0.5\n");
  for (const Store::Mode mode : {Store::Mode::read, Store::Mode::write}) {
    EXPECT_THAT(error_of_opening(mode), AllOf(HasSubstr(path_), HasSubstr("not a database"), HasSubstr("move this file away")));
  }
  std::ifstream file(path_);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "accuracy,0.5\n");
}

TEST_F(StoreErrors, AnEmptyFileIsNotAStoreToRead) {
  folder_.write("runs.sqlite", "");
  EXPECT_THAT(error_of_opening(Store::Mode::read), AllOf(HasSubstr(path_), HasSubstr("is empty")));
}

TEST_F(StoreErrors, AFolderIsNotAStore) {
  fs::create_directory(path_);
  for (const Store::Mode mode : {Store::Mode::read, Store::Mode::write}) {
    EXPECT_THAT(error_of_opening(mode), AllOf(HasSubstr(path_), HasSubstr("is a folder")));
  }
}

TEST_F(StoreErrors, AnotherProgramsDatabaseIsLeftAlone) {
  run_sql("CREATE TABLE bookmarks (url TEXT)");
  for (const Store::Mode mode : {Store::Mode::read, Store::Mode::write}) {
    EXPECT_THAT(error_of_opening(mode), AllOf(HasSubstr(path_), HasSubstr("SQLite file of another program"), HasSubstr("--output")));
  }
  run_sql("SELECT url FROM bookmarks");
}

TEST_F(StoreErrors, TruncatedStoreIsDamaged) {
  put_some(path_);
  fs::resize_file(path_, fs::file_size(path_) / 2);
  for (const Store::Mode mode : {Store::Mode::read, Store::Mode::write}) {
    EXPECT_THAT(error_of_opening(mode), AllOf(HasSubstr(path_), HasSubstr("malformed"), HasSubstr("cut short")));
  }
}

TEST_F(StoreErrors, DamagedPagesAreSaidWhenTheyAreRead) {
  const Records records = put_some(path_);
  const auto size = fs::file_size(path_);
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(size - 4096, '\xa5');
  file.close();
  const std::string message = message_of<base::Error>([&] {
    const Store store(path_, Store::Mode::read);
    store.get(std::vector<std::string>{key_of("fake", 1, records[0].cell)});
  });
  EXPECT_THAT(message, AllOf(HasSubstr(path_), HasSubstr("malformed"), HasSubstr("sqlite3 FILE .recover")));
}

TEST_F(StoreErrors, AStoreInUseNamesTheWriter) {
  const Store writer(path_, Store::Mode::write);
  EXPECT_THAT(error_of_opening(Store::Mode::write),
              AllOf(HasSubstr(path_), HasSubstr("in use by another run (process " + std::to_string(::getpid()) + ")"), HasSubstr("one writer")));
  EXPECT_NO_THROW(Store(path_, Store::Mode::read));
}

TEST_F(StoreErrors, ADeadWriterHoldsNothing) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Store writer(path_, Store::Mode::write);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_NO_THROW(Store(path_, Store::Mode::write));
}

TEST_F(StoreErrors, AReadOnlyFolderCanBeReadButNotWritten) {
  const Records records = put_some(path_);
  const test::ReadOnlyFolder read_only(fs::path(path_).parent_path());
  EXPECT_EQ(Store(path_, Store::Mode::read).keys_of("fake").size(), records.size());
  EXPECT_THAT(error_of_opening(Store::Mode::write), AllOf(HasSubstr(path_), HasSubstr("Permission denied"), HasSubstr("--output")));
}

TEST_F(StoreErrors, AReadOnlyFileCannotBeWritten) {
  put_some(path_);
  fs::remove(path_ + ".lock");
  fs::permissions(folder_.path(""), fs::perms::all);
  fs::permissions(path_, fs::perms::owner_read | fs::perms::others_read);
  const test::WithoutRootRights without_rights;
  EXPECT_THAT(error_of_opening(Store::Mode::write), AllOf(HasSubstr(path_), HasSubstr("readonly"), HasSubstr("permissions")));
}

TEST_F(StoreErrors, AFolderThatCannotBeMade) {
  path_ = folder_.write("file", "") + "/runs.sqlite";
  EXPECT_THAT(error_of_opening(Store::Mode::write), AllOf(HasSubstr("file"), HasSubstr("cannot create this folder"), HasSubstr("--output")));
}

TEST_F(StoreErrors, AnUnmergedLogOnAReadOnlyFolderIsNotSilentlyLeftOut) {
  const pid_t child = ::fork();
  if (child == 0) {
    put_some(folder_.path("source.sqlite"));
    Store writer(folder_.path("source.sqlite"), Store::Mode::write);
    writer.begin_run({.study = "only in the log"});
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  fs::create_directory(folder_.path("copy"));
  path_ = folder_.path("copy/runs.sqlite");
  fs::copy(folder_.path("source.sqlite"), path_);
  fs::copy(folder_.path("source.sqlite-wal"), path_ + "-wal");
  fs::permissions(folder_.path(""), fs::perms::all);
  const test::ReadOnlyFolder read_only(folder_.path("copy"));
  EXPECT_THAT(error_of_opening(Store::Mode::read), AllOf(HasSubstr(path_), HasSubstr("'-wal' file"), HasSubstr("copy the file together")));
}

// A limit on the size of files stands for a full disk: writes fail in the same place. In a child, which keeps the limit to itself.
TEST_F(StoreErrors, AFullDiskKeepsWhatWasCommitted) {
  const Records records = put_some(path_);
  const std::string message_path = folder_.path("message");
  const pid_t child = ::fork();
  if (child == 0) {
    std::string message;
    {
      Store store(path_, Store::Mode::write);
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{.rlim_cur = 300'000, .rlim_max = 300'000};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      CellRecord large = records[0];
      large.cell.at["task"] = "large";
      large.items.assign(100'000, {.id = "x", .scores = {1, 2, 3, 4}});
      message = message_of<base::Error>([&] { store.put("fake", 1, {&large, 1}); });
    }
    std::ofstream(message_path) << message;
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  std::ifstream file(message_path);
  EXPECT_THAT(std::string(std::istreambuf_iterator<char>(file), {}),
              AllOf(HasSubstr(path_), HasSubstr("free space"), HasSubstr("everything committed so far is kept")));
  EXPECT_EQ(Store(path_, Store::Mode::read).keys_of("fake").size(), records.size());
}

TEST_F(StoreErrors, NamesThatLookLikeAUriAreJustNames) {
  path_ = folder_.path("what?mode=ro#50%.sqlite");
  const Records records = put_some(path_);
  const test::ReadOnlyFolder read_only(fs::path(path_).parent_path());
  EXPECT_EQ(Store(path_, Store::Mode::read).keys_of("fake").size(), records.size());
}

}  // namespace
}  // namespace manabi::lab
