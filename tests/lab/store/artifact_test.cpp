#include "lab/store/artifact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "tests/lab/fake_study.h"
#include "tests/lab/store/other_user.h"
#include "tests/support/temporary_folder.h"

namespace manabi::lab {
namespace {

namespace fs = std::filesystem;

using test::message_of;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class ArtifactTest : public testing::Test {
 protected:
  static void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }
  static Artifacts::Make writes(const std::string& text) {
    return [text](const fs::path&, const fs::path& result) { write(result, text); };
  }
  static void never(const fs::path&, const fs::path&) { FAIL() << "was made again"; }

  test::TemporaryFolder folder_;
  Artifacts artifacts_{folder_.path("artifacts")};
  ArtifactKey key_ = {.kind = "adapter", .made_of = {{"seed", 1}, {"lr", 0.5}}, .extension = ".txt"};
};

TEST_F(ArtifactTest, IsMadeOnceAndReused) {
  const Artifact made = artifacts_.artifact(key_, "rank 8", writes("weights"));
  EXPECT_EQ(base::read_text(made.path.string()), "weights");
  EXPECT_EQ(made.path, folder_.path("artifacts/" + made.name + ".txt"));
  EXPECT_EQ(made.bytes, 7);
  const Artifact again = Artifacts(folder_.path("artifacts")).artifact(key_, "rank 8", never);
  EXPECT_EQ(again.path, made.path);
  EXPECT_EQ(again.bytes, 7);
}

TEST_F(ArtifactTest, NameIsTheHashOfWhatMakesIt) {
  EXPECT_THAT(name_of(key_), testing::MatchesRegex("adapter-[0-9a-f]{40}"));
  EXPECT_EQ(name_of(key_), name_of({.kind = "adapter", .made_of = {{"lr", 0.5}, {"seed", 1}}}));
  EXPECT_NE(name_of(key_), name_of({.kind = "adapter", .made_of = {{"lr", 0.5}, {"seed", 2}}}));
  EXPECT_NE(name_of(key_), name_of({.kind = "vector", .made_of = key_.made_of}));
  EXPECT_THROW(name_of({.kind = "../escape"}), std::logic_error);
}

TEST_F(ArtifactTest, MayBeAFolder) {
  key_.extension = "";
  const Artifact made = artifacts_.artifact(key_, "", [](const fs::path&, const fs::path& result) {
    fs::create_directories(result / "deep");
    write(result / "config.json", "{}");
    write(result / "deep" / "weights", "1234");
  });
  EXPECT_TRUE(fs::exists(made.path / "deep" / "weights"));
  EXPECT_EQ(made.bytes, 6);
  EXPECT_EQ(artifacts_.artifact(key_, "", never).bytes, 6);
}

TEST_F(ArtifactTest, ListsWhatIsFinished) {
  EXPECT_TRUE(artifacts_.list().empty());
  artifacts_.artifact(key_, "rank 8", writes("weights"));
  EXPECT_THROW(artifacts_.artifact({.kind = "vector"}, "", [](auto&, auto&) { throw std::runtime_error("no"); }), std::runtime_error);
  const std::vector<Artifact> list = artifacts_.list();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].name, name_of(key_));
  EXPECT_EQ(list[0].kind, "adapter");
  EXPECT_EQ(list[0].description, "rank 8");
  EXPECT_EQ(list[0].bytes, 7);
  EXPECT_EQ(list[0].made_of, key_.made_of);
}

TEST_F(ArtifactTest, SaysWhichNamesWereUsed) {
  artifacts_.artifact(key_, "", writes("a"));
  artifacts_.artifact({.kind = "vector"}, "", writes("b"));
  artifacts_.artifact(key_, "", never);
  EXPECT_THAT(artifacts_.take_used(), ElementsAre(name_of(key_), name_of({.kind = "vector"})));
  EXPECT_TRUE(artifacts_.take_used().empty());
}

TEST_F(ArtifactTest, WorkingFolderSurvivesAnErrorAndGoesWithSuccess) {
  fs::path working_folder;
  const auto fails_late = [&](const fs::path& working, const fs::path& result) {
    write(working / "state", "half");
    write(result, "broken");
    throw base::Cancelled();
  };
  EXPECT_THROW(artifacts_.artifact(key_, "", fails_late), base::Cancelled);
  const Artifact made = artifacts_.artifact(key_, "", [&](const fs::path& working, const fs::path& result) {
    working_folder = working;
    EXPECT_FALSE(fs::exists(result));
    write(result, base::read_text((working / "state").string()) + " and half");
  });
  EXPECT_EQ(base::read_text(made.path.string()), "half and half");
  EXPECT_FALSE(fs::exists(working_folder));
}

TEST_F(ArtifactTest, WorkingFolderSurvivesAKill) {
  const pid_t child = ::fork();
  if (child == 0) {
    artifacts_.artifact(key_, "", [](const fs::path& working, const fs::path&) {
      write(working / "state", "half");
      ::kill(::getpid(), SIGKILL);
    });
  }
  ::waitpid(child, nullptr, 0);
  const Artifact made =
      artifacts_.artifact(key_, "", [](const fs::path& working, const fs::path& result) { fs::rename(working / "state", result); });
  EXPECT_EQ(base::read_text(made.path.string()), "half");
}

TEST_F(ArtifactTest, ASecondProcessWaitsAndReuses) {
  const fs::path started = folder_.path("started");
  const pid_t child = ::fork();
  if (child == 0) {
    artifacts_.artifact(key_, "", [&](const fs::path&, const fs::path& result) {
      write(started, "");
      std::this_thread::sleep_for(std::chrono::milliseconds(150));
      write(result, "by the child");
    });
    ::_exit(0);
  }
  while (!fs::exists(started)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const Artifact made = artifacts_.artifact(key_, "", never);
  EXPECT_EQ(base::read_text(made.path.string()), "by the child");
  ::waitpid(child, nullptr, 0);
}

TEST_F(ArtifactTest, WaitingCanBeCancelled) {
  base::Cancel cancel;
  struct CancelsOnNote : base::Progress {
    base::Cancel* cancel = nullptr;
    std::string line;
    void begin(const std::string&, int64_t) override {}
    void advance(int64_t) override {}
    void note(const std::string& text) override {
      line = text;
      cancel->request();
    }
    void end() override {}
  } progress;
  progress.cancel = &cancel;
  artifacts_.artifact(key_, "rank 8", [&](const fs::path&, const fs::path& result) {
    Artifacts other(folder_.path("artifacts"));
    EXPECT_THROW(other.artifact(key_, "rank 8", never, {.progress = &progress, .cancel = &cancel}), base::Cancelled);
    write(result, "weights");
  });
  EXPECT_THAT(progress.line, AllOf(HasSubstr("waiting for another process"), HasSubstr(name_of(key_)), HasSubstr("rank 8")));
}

TEST_F(ArtifactTest, IsMadeAnewWhenItsFileWasCutShortOrItsNoteIsGone) {
  const Artifact made = artifacts_.artifact(key_, "", writes("weights"));
  fs::resize_file(made.path, 3);
  EXPECT_TRUE(artifacts_.list().empty());
  EXPECT_EQ(base::read_text(artifacts_.artifact(key_, "", writes("weights")).path.string()), "weights");
  fs::remove(made.path.parent_path() / (made.name + ".json"));
  EXPECT_EQ(base::read_text(artifacts_.artifact(key_, "", writes("WEIGHTS")).path.string()), "WEIGHTS");
}

TEST_F(ArtifactTest, AForeignNoteIsAnError) {
  const Artifact made = artifacts_.artifact(key_, "", writes("weights"));
  const std::string note = folder_.path("artifacts/" + made.name + ".json");
  write(note, "{\"kind\": 3}");
  EXPECT_THAT(message_of<base::Error>([&] { artifacts_.list(); }),
              AllOf(HasSubstr(note), HasSubstr("not the note of an artifact"), HasSubstr("delete")));
}

TEST_F(ArtifactTest, AMakerWithoutAResultIsAMistakeOfTheProgram) {
  EXPECT_THAT(message_of<std::logic_error>([&] { artifacts_.artifact(key_, "", [](auto&, auto&) {}); }),
              AllOf(HasSubstr(name_of(key_)), HasSubstr("left no result")));
}

TEST_F(ArtifactTest, AFolderThatCannotBeWrittenIsNamed) {
  const test::ReadOnlyFolder read_only(folder_.path(""));
  EXPECT_THAT(message_of<base::Error>([&] { artifacts_.artifact(key_, "", writes("weights")); }),
              AllOf(HasSubstr(folder_.path("artifacts")), HasSubstr("cannot create this folder"), HasSubstr("--output")));
}

}  // namespace
}  // namespace manabi::lab
