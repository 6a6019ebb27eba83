#include "base/machine.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace manabi::base {
namespace {

TEST(FreeMemory, IsWhatTheKernelCallsAvailable) {
  const test::TemporaryFolder root;
  root.write("proc/meminfo", "MemTotal:       100 kB\nMemFree:        10 kB\nMemAvailable:   40 kB\nBuffers: 1 kB\n");
  EXPECT_EQ(free_memory(root.path("")), 40 * 1024);
}

TEST(FreeMemory, IsLessWhereAControlGroupHasLess) {
  const test::TemporaryFolder root;
  root.write("proc/meminfo", "MemAvailable:   40 kB\n");
  root.write("sys/fs/cgroup/memory.max", "30000\n");
  root.write("sys/fs/cgroup/memory.current", "20000\n");
  EXPECT_EQ(free_memory(root.path("")), 10000);
  root.write("sys/fs/cgroup/memory.stat", "anon 5\ninactive_file 3000\nactive_file 7\n");
  EXPECT_EQ(free_memory(root.path("")), 13000) << "pages of files are given up when they are needed";
  root.write("sys/fs/cgroup/memory.max", "max\n");
  EXPECT_EQ(free_memory(root.path("")), 40 * 1024);
}

TEST(FreeMemory, IsNotSaidWhereNobodyKnows) {
  const test::TemporaryFolder root;
  EXPECT_FALSE(free_memory(root.path("")));
  EXPECT_GT(free_memory().value_or(1), 0);
}

}  // namespace
}  // namespace manabi::base
