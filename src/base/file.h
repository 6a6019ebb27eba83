// Files as the rooms above need them: mapped for reading, written whole or not at all, locked between processes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/watch.h"

namespace manabi::base {

// A read-only memory map of a whole file. Move-only; the bytes live as long as the object.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);  // throws base::Error when the file is missing, a folder or unreadable
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
  const std::string& path() const { return path_; }

  // Tells the kernel that this range was read and its pages may go; keeps the peak of resident memory low while weights are converted.
  void release(size_t offset, size_t length) const;

 private:
  std::string path_;
  std::span<const std::byte> bytes_;
};

// The whole content of a file; of a pipe too (/dev/stdin). A signal that is handled without a restart ends the waiting: throws Cancelled.
std::string read_text(const std::string& path);
// Writes to a temporary neighbour, syncs, renames. On failure (read-only or full disk) the old file is intact.
// A symbolic link stays one, permissions stay, and what is no regular file (/dev/stdout) is written to directly.
void write_text_atomically(const std::string& path, std::string_view text);
// The same for a file that is the concatenation of `parts`.
void write_parts_atomically(const std::string& path, std::span<const std::string_view> parts);
// Throws what writing would: a folder in its place, no folder for it, no right to write there. A full disk is seen only when it is written.
void check_can_be_written(const std::string& path);

// An exclusive lock on `path` (created when missing) for the object's lifetime, between processes and between threads of one. The kernel
// frees it when its holder dies. Waits for the holder, or throws Cancelled; `try_lock` gives nullptr instead of waiting.
class FileLock {
 public:
  explicit FileLock(const std::string& path, const Cancel* cancel = nullptr);
  static std::unique_ptr<FileLock> try_lock(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  FileLock() = default;
  int descriptor_ = -1;
};

// The user's cache folder for Manabi: $MANABI_CACHE, else $XDG_CACHE_HOME/manabi, else ~/.cache/manabi. Not created here.
std::filesystem::path cache_folder();

}  // namespace manabi::base
