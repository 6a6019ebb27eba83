// A run that is killed at random moments, over and over, ends with the records of an undisturbed one.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "base/random.h"
#include "lab/runner.h"
#include "tests/lab/fake_study.h"
#include "tests/support/temporary_folder.h"

namespace manabi::lab {
namespace {

// 200 groups of 5 to 20 ms; each also makes or reuses an artifact, the state of which grows in its working folder.
class SlowStudy : public test::FakeStudy {
 public:
  SlowStudy() {
    tasks.clear();
    for (int task = 0; task < 200; ++task) tasks.push_back("task" + std::to_string(task));
    before_measuring = [](std::span<const Cell> group, Workbench& bench) {
      const std::string task = group.front().at.at("task");
      std::this_thread::sleep_for(std::chrono::milliseconds(5 + base::hash64(task) % 16));
      const ArtifactKey key{.kind = "vector", .made_of = {{"third", task.back()}}, .extension = ".txt"};
      bench.artifacts.artifact(key, "a vector", make_in_steps, bench.watch);
    };
  }

  // Resumes from the lines that were written before.
  static void make_in_steps(const std::filesystem::path& working, const std::filesystem::path& result) {
    const std::filesystem::path state = working / "state.txt";
    while (lines_in(state) < 5) {
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
      std::ofstream(state, std::ios::app) << "step\n";
    }
    std::ofstream(result) << "made in " << lines_in(state) << " steps\n";
  }

  static int lines_in(const std::filesystem::path& path) {
    std::ifstream file(path);
    int lines = 0;
    for (std::string line; std::getline(file, line);) ++lines;
    return lines;
  }
};

RunOutcome run(const std::string& path) {
  SlowStudy study;
  Store store(path, Store::Mode::write);
  return run_study(study, store, {});
}

pid_t start_run(const std::string& path) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  try {
    run(path);
  } catch (...) {
    ::_exit(1);
  }
  ::_exit(0);
}

TEST(Kill, FiftyKillsLoseNothingThatWasCommitted) {
  test::TemporaryFolder folder;
  const std::string path = folder.path("killed/runs.sqlite"), calm_path = folder.path("calm/runs.sqlite");
  const RunOutcome calm = run(calm_path);
  const uint64_t longest_life = static_cast<uint64_t>(calm.seconds * 1e6 / 25);  // all lives together are as long as the calm run
  base::Rng rng(50);
  int killed = 0;
  size_t most_present = 0;
  for (int round = 0; round < 50; ++round) {
    const pid_t child = start_run(path);
    std::this_thread::sleep_for(std::chrono::microseconds(rng.below(longest_life)));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) != 0) << "round " << round << " ended with an error";
    killed += WIFSIGNALED(status);
    if (!std::filesystem::exists(path)) continue;
    Store store(path, Store::Mode::write);  // opens whatever the kill left
    const size_t present = store.keys_of("fake").size();
    ASSERT_GE(present, most_present) << "a committed group was lost in round " << round;
    most_present = present;
  }
  EXPECT_GE(killed, 40);

  const RunOutcome last = run(path);
  EXPECT_GT(last.reused, 0);
  EXPECT_EQ(last.reused, static_cast<int64_t>(most_present));
  EXPECT_EQ(last.reused + last.measured, calm.measured);
  EXPECT_EQ(last.keys, calm.keys);
  const Store store(path, Store::Mode::read), calm_store(calm_path, Store::Mode::read);
  EXPECT_EQ(test::content_of(store.get(last.keys)), test::content_of(calm_store.get(calm.keys)));
  EXPECT_EQ(store.runs().front().state, "finished");
  for (size_t run = 1; run < store.runs().size(); ++run) EXPECT_EQ(store.runs()[run].state, "killed");

  const std::vector<Artifact> artifacts = Artifacts(folder.path("killed/artifacts")).list();
  EXPECT_EQ(artifacts.size(), 10u);
  for (const Artifact& artifact : artifacts) EXPECT_EQ(base::read_text(artifact.path.string()), "made in 5 steps\n");
}

}  // namespace
}  // namespace manabi::lab
