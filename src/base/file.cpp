#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <random>
#include <thread>
#include <utility>

#include "base/error.h"

namespace manabi::base {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void throw_system_error(const std::string& path, const std::string& action, int code, const std::string& hint = "") {
  throw Error({.where = path, .given = "cannot " + action + ": " + std::strerror(code), .expected = "", .hint = hint});
}

// An open file that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

int open_or_throw(const std::string& path, int flags, const std::string& action, const std::string& hint = "") {
  const int number = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  if (number < 0 && errno == EINTR) throw Cancelled();
  if (number < 0) throw_system_error(path, action, errno, hint);
  return number;
}

struct stat status_of(int descriptor, const std::string& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throw_system_error(path, "read its size", errno);
  return status;
}

void refuse_folder(const struct stat& status, const std::string& path) {
  if (S_ISDIR(status.st_mode)) throw Error({.where = path, .given = "is a folder", .expected = "a file", .hint = ""});
}

void write_all(int descriptor, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_system_error(path, "write", errno, errno == ENOSPC ? "free some space; the old file is untouched" : "");
    text.remove_prefix(static_cast<size_t>(written));
  }
}

// A new file beside `target` that takes its name on commit() and vanishes without one.
class TemporaryNeighbour {
 public:
  explicit TemporaryNeighbour(const std::string& target)
      : target_(target), name_(target + ".partial-" + std::to_string(std::random_device{}())), file_(open_new(name_, target)) {}
  ~TemporaryNeighbour() {
    if (!committed_) ::unlink(name_.c_str());
  }

  int descriptor() const { return file_.number(); }

  void keep_permissions_of(const struct stat& old) { ::fchmod(file_.number(), old.st_mode & 07777); }

  void commit() {
    if (::fsync(file_.number()) != 0) throw_system_error(target_, "write", errno);
    if (::rename(name_.c_str(), target_.c_str()) != 0) throw_system_error(target_, "replace", errno);
    committed_ = true;
    sync_folder();
  }

 private:
  static int open_new(const std::string& name, const std::string& target) {
    const int number = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (number >= 0) return number;
    throw_system_error(target, "write", errno,
                       errno == ENOENT ? "create the folder '" + fs::path(target).parent_path().string() + "' first" : "");
  }

  // Makes the new name itself durable. Some file systems refuse to sync a folder; the content is safe even then.
  void sync_folder() const {
    const fs::path parent = fs::path(target_).parent_path();
    const Descriptor folder(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.number() >= 0) ::fsync(folder.number());
  }

  std::string target_;
  std::string name_;
  Descriptor file_;
  bool committed_ = false;
};

// The file behind a chain of symbolic links, so that replacing it leaves the links in place.
std::string resolve_links(const std::string& path) {
  std::error_code ignored;
  const fs::path resolved = fs::canonical(path, ignored);
  return ignored ? path : resolved.string();
}

bool locks_now(int descriptor, const std::string& path) {
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) throw_system_error(path, "lock", errno);
  }
  return true;
}

int open_lock(const std::string& path) { return open_or_throw(path, O_RDWR | O_CREAT, "create the lock file"); }

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

MappedFile::MappedFile(const std::string& path) : path_(path) {
  const Descriptor file(open_or_throw(path, O_RDONLY, "open"));
  const struct stat status = status_of(file.number(), path);
  refuse_folder(status, path);
  if (!S_ISREG(status.st_mode)) throw Error({.where = path, .given = "is a pipe or a device", .expected = "a regular file", .hint = ""});
  if (status.st_size == 0) return;
  const size_t size = static_cast<size_t>(status.st_size);
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (memory == MAP_FAILED) throw_system_error(path, "map into memory", errno);
  bytes_ = {static_cast<const std::byte*>(memory), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

MappedFile::MappedFile(MappedFile&& other) noexcept : path_(std::move(other.path_)), bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

void MappedFile::release(size_t offset, size_t length) const {
  if (offset >= bytes_.size() || length == 0) return;
  const size_t page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const size_t begin = offset / page * page;
  const size_t end = offset + std::min(length, bytes_.size() - offset);
  ::madvise(const_cast<std::byte*>(bytes_.data()) + begin, end - begin, MADV_DONTNEED);
}

std::string read_text(const std::string& path) {
  const Descriptor file(open_or_throw(path, O_RDONLY, "open"));
  const struct stat status = status_of(file.number(), path);
  refuse_folder(status, path);
  std::string text;
  text.resize(static_cast<size_t>(status.st_size) + 1);  // one more than expected, so that the end is seen without growing
  size_t used = 0;
  while (true) {
    const ssize_t got = ::read(file.number(), text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) throw Cancelled();
    if (got < 0) throw_system_error(path, "read", errno);
    if (got == 0) break;
    used += static_cast<size_t>(got);
    if (used == text.size()) text.resize(2 * used + 4096);
  }
  text.resize(used);
  return text;
}

void write_parts_atomically(const std::string& path, std::span<const std::string_view> parts) {
  const std::string target = resolve_links(path);
  struct stat old {};
  const bool exists = ::stat(target.c_str(), &old) == 0;
  if (exists) refuse_folder(old, path);
  if (exists && !S_ISREG(old.st_mode)) {
    const Descriptor device(open_or_throw(target, O_WRONLY, "write"));
    for (const std::string_view part : parts) write_all(device.number(), part, path);
    return;
  }
  TemporaryNeighbour file(target);
  if (exists) file.keep_permissions_of(old);
  for (const std::string_view part : parts) write_all(file.descriptor(), part, path);
  file.commit();
}

void check_can_be_written(const std::string& path) {
  const std::string target = resolve_links(path);
  struct stat old {};
  if (::stat(target.c_str(), &old) == 0) {
    refuse_folder(old, path);
    if (!S_ISREG(old.st_mode)) return;
  }
  const fs::path parent = fs::path(target).parent_path();
  if (::access(parent.empty() ? "." : parent.c_str(), W_OK) != 0) throw_system_error(path, "write", errno);
}

void write_text_atomically(const std::string& path, std::string_view text) { write_parts_atomically(path, {&text, 1}); }

// Delegates to the private constructor, so that the destructor closes the file when waiting ends with an exception.
FileLock::FileLock(const std::string& path, const Cancel* cancel) : FileLock() {
  constexpr auto kPause = std::chrono::milliseconds(50);
  descriptor_ = open_lock(path);
  while (!locks_now(descriptor_, path)) {
    if (cancel && cancel->requested()) throw Cancelled();
    std::this_thread::sleep_for(kPause);
  }
}

std::unique_ptr<FileLock> FileLock::try_lock(const std::string& path) {
  std::unique_ptr<FileLock> lock(new FileLock());
  lock->descriptor_ = open_lock(path);
  if (!locks_now(lock->descriptor_, path)) return nullptr;
  return lock;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

fs::path cache_folder() {
  if (const std::string own = environment("MANABI_CACHE"); !own.empty()) return own;
  if (const fs::path shared = environment("XDG_CACHE_HOME"); shared.is_absolute()) return shared / "manabi";
  if (const std::string home = environment("HOME"); !home.empty()) return fs::path(home) / ".cache" / "manabi";
  throw Error({.where = "cache folder",
               .given = "none of MANABI_CACHE, XDG_CACHE_HOME and HOME is set",
               .expected = "",
               .hint = "set MANABI_CACHE to a folder that Manabi may fill"});
}

}  // namespace manabi::base
