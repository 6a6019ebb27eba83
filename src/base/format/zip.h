// Zip archives as containers: which files they hold, and the bytes of one of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"

struct zip;  // libzip's

namespace manabi::base {

struct ZipMember {
  std::string name;   // "folder/file.png"
  int64_t index = 0;  // in the archive's own list, for read()
};

// Belongs to one thread.
class ZipArchive {
 public:
  // Throws base::Error for a file that is missing or no zip archive.
  explicit ZipArchive(const std::string& path);
  // The same of bytes that outlive the object; `where` names them in messages.
  ZipArchive(std::span<const std::byte> bytes, std::string where);

  // The files in the archive's order; folders are left out.
  const std::vector<ZipMember>& members() const { return members_; }

  // Unpacked. Throws base::Error with archive and member for one that is damaged, encrypted or larger than `most_bytes`, whatever the archive
  // says of its size.
  std::string read(const ZipMember& member, int64_t most_bytes) const;

 private:
  struct Close {
    void operator()(struct zip* archive) const;
  };

  void open(std::span<const std::byte> bytes);

  std::string where_;
  std::unique_ptr<MappedFile> file_;  // what the first constructor reads from
  std::unique_ptr<struct zip, Close> archive_;
  std::vector<ZipMember> members_;
};

}  // namespace manabi::base
