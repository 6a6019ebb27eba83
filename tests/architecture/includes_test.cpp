// Reads every #include of src/ and holds it against the floors: a room includes only rooms below it, and no file takes part in a circle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace manabi {
namespace {

namespace fs = std::filesystem;

// What each room may include besides itself. `lab` knows of `world` its interfaces only.
const std::map<std::string, std::set<std::string>> kAllowed = {
    {"base", {}},
    {"tensor", {"base"}},
    {"text", {"base"}},
    {"model", {"base", "tensor", "text"}},
    {"world", {"base", "tensor", "text"}},
    {"learn", {"base", "tensor", "text", "model", "world"}},
    {"probe", {"base", "tensor", "text", "model", "world", "learn"}},
    {"lab", {"base"}},
    {"study", {"base", "tensor", "text", "model", "world", "learn", "probe", "lab"}},
    {"app", {"base", "tensor", "text", "model", "world", "learn", "probe", "lab", "study"}},
};

const fs::path kSource = fs::path(MANABI_SOURCE_FOLDER) / "src";

// Quoted includes of every source file, by path relative to src/.
std::map<std::string, std::vector<std::string>> quoted_includes() {
  const std::regex include(R"re(^\s*#\s*include\s+"([^"]+)")re");
  std::map<std::string, std::vector<std::string>> all;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kSource)) {
    const std::string extension = entry.path().extension();
    if (extension != ".h" && extension != ".cpp" && extension != ".cu" && extension != ".cuh") continue;
    std::vector<std::string>& includes = all[fs::relative(entry.path(), kSource).string()];
    std::ifstream file(entry.path());
    std::smatch match;
    for (std::string line; std::getline(file, line);)
      if (std::regex_search(line, match, include)) includes.push_back(match[1]);
  }
  return all;
}

std::string room_of(const std::string& path) { return path.substr(0, path.find('/')); }

TEST(Includes, PointOnlyDownwards) {
  for (const auto& [file, includes] : quoted_includes()) {
    const std::string room = room_of(file);
    ASSERT_TRUE(kAllowed.contains(room)) << file << " lies in no known room";
    for (const std::string& included : includes) {
      if (included.find('/') == std::string::npos) continue;  // a generated list beside the file
      const std::string other = room_of(included);
      EXPECT_TRUE(other == room || kAllowed.at(room).contains(other))
          << file << " includes " << included << ": " << room << " may not know " << other;
    }
  }
}

TEST(Includes, FormNoCircle) {
  const auto includes = quoted_includes();
  std::map<std::string, int> state;  // 1: on the path, 2: done
  std::function<void(const std::string&)> visit = [&](const std::string& file) {
    const auto found = includes.find(file);
    if (found == includes.end() || state[file] == 2) return;
    ASSERT_NE(state[file], 1) << file << " includes itself through others";
    state[file] = 1;
    for (const std::string& included : found->second) visit(included);
    state[file] = 2;
  };
  for (const auto& [file, unused] : includes) visit(file);
}

TEST(Includes, NeverTakeAllOfTorch) {
  const std::regex whole(R"re(#\s*include\s+<torch/(torch|extension)\.h>)re");
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kSource)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) EXPECT_FALSE(std::regex_search(line, whole)) << entry.path();
  }
}

TEST(Includes, EveryRoomOfTheTableIsAFolder) {
  std::set<std::string> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(kSource))
    if (entry.is_directory()) folders.insert(entry.path().filename().string());
  std::set<std::string> rooms;
  for (const auto& [room, unused] : kAllowed) rooms.insert(room);
  EXPECT_EQ(folders, rooms);
}

}  // namespace
}  // namespace manabi
