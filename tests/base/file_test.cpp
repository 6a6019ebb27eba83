#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <thread>

#include "base/error.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"

namespace manabi::base {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using test::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  return names;
}

TEST(MappedFile, ShowsTheBytesOfTheFile) {
  const TemporaryFolder folder;
  const MappedFile file(folder.write("a", std::string("x\0y", 3)));
  EXPECT_EQ(file.text(), std::string_view("x\0y", 3));
  EXPECT_EQ(file.bytes().size(), 3u);
  EXPECT_EQ(file.path(), folder.path("a"));
}

TEST(MappedFile, AnEmptyFileHasNoBytes) {
  const TemporaryFolder folder;
  const MappedFile file(folder.write("empty", ""));
  EXPECT_TRUE(file.bytes().empty());
  EXPECT_EQ(file.text(), "");
  file.release(0, 10);
}

TEST(MappedFile, MovesKeepTheAddressOfTheBytes) {
  const TemporaryFolder folder;
  MappedFile first(folder.write("a", "aaa"));
  const std::byte* address = first.bytes().data();
  MappedFile second(std::move(first));
  EXPECT_EQ(second.bytes().data(), address);
  EXPECT_TRUE(first.bytes().empty());
  MappedFile third(folder.write("b", "bb"));
  third = std::move(second);
  EXPECT_EQ(third.bytes().data(), address);
  EXPECT_EQ(third.text(), "aaa");
}

TEST(MappedFile, BytesAreTheSameAfterRelease) {
  const TemporaryFolder folder;
  std::string bytes(100000, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i % 251);
  const MappedFile file(folder.write("a", bytes));
  for (const auto& [offset, length] :
       {std::pair<size_t, size_t>{0, 100000}, {5000, 1}, {4095, 8193}, {99999, 50}, {100000, 1}, {7, ~size_t{0}}}) {
    file.release(offset, length);
    EXPECT_EQ(file.text(), bytes);
  }
}

TEST(MappedFile, RefusesWhatIsNoRegularFile) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { MappedFile(folder.path("none")); }), folder.path("none") + ": cannot open: No such file or directory");
  EXPECT_EQ(error_of([&] { MappedFile(folder.path("")); }), folder.path("") + ": is a folder\n  expected: a file");
  EXPECT_EQ(error_of([&] { MappedFile("/dev/null"); }), "/dev/null: is a pipe or a device\n  expected: a regular file");
}

TEST(ReadText, ReadsFilesOfAnySizeAndPipes) {
  const TemporaryFolder folder;
  for (const size_t size : {0, 1, 4095, 4096, 4097, 300000})
    EXPECT_EQ(read_text(folder.write("a", std::string(size, 'x'))), std::string(size, 'x'));
  const std::string pipe = folder.path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(pipe) << std::string(200000, 'y'); });
  EXPECT_EQ(read_text(pipe), std::string(200000, 'y'));
  writer.join();
}

TEST(ReadText, NamesWhatItCannotRead) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { read_text(folder.path("none")); }), HasSubstr("none: cannot open: No such file or directory"));
  EXPECT_THAT(error_of([&] { read_text(folder.path("")); }), HasSubstr("is a folder"));
}

TEST(WriteAtomically, CreatesReplacesAndLeavesNothingElse) {
  const TemporaryFolder folder;
  const std::string path = folder.path("report.html");
  write_text_atomically(path, "first");
  EXPECT_EQ(read_text(path), "first");
  write_text_atomically(path, "");
  EXPECT_EQ(read_text(path), "");
  const std::string_view parts[] = {"a", "", "bc"};
  write_parts_atomically(path, parts);
  EXPECT_EQ(read_text(path), "abc");
  EXPECT_THAT(names_in(folder.path("")), ::testing::ElementsAre("report.html"));
}

TEST(WriteAtomically, KeepsPermissionsAndSymbolicLinks) {
  const TemporaryFolder folder;
  const std::string path = folder.write("real", "old");
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  fs::create_symlink("real", folder.path("link"));
  write_text_atomically(folder.path("link"), "new");
  EXPECT_TRUE(fs::is_symlink(folder.path("link")));
  EXPECT_EQ(read_text(path), "new");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
}

TEST(WriteAtomically, WritesStraightIntoADevice) {
  write_text_atomically("/dev/null", "gone");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(WriteAtomically, AFolderIsNoTarget) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { write_text_atomically(folder.path(""), "x"); }), HasSubstr("is a folder"));
}

TEST(WriteAtomically, AMissingFolderIsNamed) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { write_text_atomically(folder.path("none/a"), "x"); }),
            folder.path("none/a") + ": cannot write: No such file or directory\n  hint: create the folder '" + folder.path("none") + "' first");
}

// A limit on the size of files stands for a full disk: the write fails in the middle.
TEST(WriteAtomically, AFullDiskLeavesTheOldFile) {
  const TemporaryFolder folder;
  const std::string path = folder.write("store", "precious");
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const rlimit small{.rlim_cur = 1000, .rlim_max = old.rlim_max};
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string message = error_of([&] { write_text_atomically(path, std::string(100000, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(message, path + ": cannot write: File too large");
  EXPECT_EQ(read_text(path), "precious");
  EXPECT_THAT(names_in(folder.path("")), ::testing::ElementsAre("store"));
}

TEST(WriteAtomically, AFullDeviceSaysWhatToDo) {
  EXPECT_EQ(error_of([] { write_text_atomically("/dev/full", "x"); }),
            "/dev/full: cannot write: No space left on device\n  hint: free some space; the old file is untouched");
}

// Readers see the old or the new text, never a mixture or nothing.
TEST(WriteAtomically, ReadersNeverSeeAHalfWrittenFile) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", std::string(50000, 'a'));
  std::atomic<bool> is_done = false;
  std::thread writer([&] {
    for (int i = 0; i < 20; ++i) write_text_atomically(path, std::string(50000, i % 2 ? 'a' : 'b'));
    is_done = true;
  });
  while (!is_done) {
    const std::string text = read_text(path);
    EXPECT_EQ(text, std::string(50000, text.at(0)));
  }
  writer.join();
}

TEST(FileLock, ExcludesAnotherHolderUntilItIsGone) {
  const TemporaryFolder folder;
  const std::string path = folder.path("lock");
  auto first = FileLock::try_lock(path);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(FileLock::try_lock(path), nullptr);
  first.reset();
  EXPECT_NE(FileLock::try_lock(path), nullptr);
}

TEST(FileLock, WaitsForItsHolder) {
  const TemporaryFolder folder;
  const std::string path = folder.path("lock");
  std::optional<FileLock> first(std::in_place, path);
  std::atomic<bool> was_freed = false;
  std::thread waiter([&] {
    const FileLock second(path);
    EXPECT_TRUE(was_freed);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  was_freed = true;
  first.reset();
  waiter.join();
}

TEST(FileLock, WaitingCanBeCancelled) {
  const TemporaryFolder folder;
  const FileLock first(folder.path("lock"));
  Cancel cancel;
  cancel.request();
  EXPECT_THROW(FileLock(folder.path("lock"), &cancel), Cancelled);
}

TEST(FileLock, ADeadProcessFreesItsLock) {
  const TemporaryFolder folder;
  const std::string path = folder.path("lock");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock::try_lock(path);
    const char done = lock ? '1' : '0';
    if (::write(ready[1], &done, 1) != 1) ::_exit(1);
    ::pause();
  }
  char done = 0;
  ASSERT_EQ(::read(ready[0], &done, 1), 1);
  EXPECT_EQ(done, '1');
  EXPECT_EQ(FileLock::try_lock(path), nullptr);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_NE(FileLock::try_lock(path), nullptr);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(FileLock, NamesAPathThatCannotBeCreated) {
  EXPECT_THAT(error_of([] { FileLock("/nowhere/at/all"); }),
              StartsWith("/nowhere/at/all: cannot create the lock file: No such file or directory"));
}

// Sets environment variables for one test and puts the old values back.
class CacheFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"MANABI_CACHE", "XDG_CACHE_HOME", "HOME"}) {
      const char* value = std::getenv(name);
      saved_.emplace_back(name, value ? std::optional<std::string>(value) : std::nullopt);
      ::unsetenv(name);
    }
  }
  void TearDown() override {
    for (const auto& [name, value] : saved_) value ? ::setenv(name, value->c_str(), 1) : ::unsetenv(name);
  }

 private:
  std::vector<std::pair<const char*, std::optional<std::string>>> saved_;
};

TEST_F(CacheFolder, TheMostSpecificVariableWins) {
  ::setenv("HOME", "/h", 1);
  EXPECT_EQ(cache_folder(), "/h/.cache/manabi");
  ::setenv("XDG_CACHE_HOME", "relative", 1);  // the XDG specification: relative paths are ignored
  EXPECT_EQ(cache_folder(), "/h/.cache/manabi");
  ::setenv("XDG_CACHE_HOME", "/x", 1);
  EXPECT_EQ(cache_folder(), "/x/manabi");
  ::setenv("MANABI_CACHE", "/m", 1);
  EXPECT_EQ(cache_folder(), "/m");
}

TEST_F(CacheFolder, WithoutAnyVariableTheErrorSaysWhichToSet) {
  EXPECT_THAT(error_of([] { cache_folder(); }), HasSubstr("hint: set MANABI_CACHE"));
}

}  // namespace
}  // namespace manabi::base
