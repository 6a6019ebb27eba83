// File permissions do not bind root: tests of them act as another user for a while.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace manabi::test {

// Takes root's rights away until the end of the scope; nothing to do for other users.
class WithoutRootRights {
 public:
  WithoutRootRights() : was_root_(::geteuid() == 0) {
    constexpr uid_t kNobody = 65534;
    if (was_root_ && ::seteuid(kNobody) != 0) std::abort();
  }
  ~WithoutRootRights() {
    if (was_root_ && ::seteuid(0) != 0) std::abort();
  }
  WithoutRootRights(const WithoutRootRights&) = delete;
  WithoutRootRights& operator=(const WithoutRootRights&) = delete;

 private:
  bool was_root_;
};

// Until the end of the scope everybody may read `folder` and the files in it, and nobody may write there.
class ReadOnlyFolder {
 public:
  explicit ReadOnlyFolder(const std::filesystem::path& folder) : folder_(prepared(folder)) { without_rights_.emplace(); }
  ~ReadOnlyFolder() {
    without_rights_.reset();  // only the owner may change permissions
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
  }
  ReadOnlyFolder(const ReadOnlyFolder&) = delete;
  ReadOnlyFolder& operator=(const ReadOnlyFolder&) = delete;

 private:
  static std::filesystem::path prepared(const std::filesystem::path& folder) {
    using std::filesystem::perms;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      permissions(entry.path(), perms::owner_read | perms::group_read | perms::others_read);
    }
    permissions(folder, perms::owner_read | perms::owner_exec | perms::group_read | perms::group_exec | perms::others_read | perms::others_exec);
    return folder;
  }

  std::filesystem::path folder_;
  std::optional<WithoutRootRights> without_rights_;
};

}  // namespace manabi::test
