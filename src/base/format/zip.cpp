#include "base/format/zip.h"

#include <fmt/format.h>
#include <zip.h>

#include <utility>

#include "base/error.h"
#include "base/format/printable.h"

namespace manabi::base {
namespace {

constexpr size_t kReadAtOnce = size_t{1} << 16;

std::string text_of(zip_error_t* error) {
  std::string text = zip_error_strerror(error);
  zip_error_fini(error);
  return text;
}

struct CloseMember {
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};

}  // namespace

void ZipArchive::Close::operator()(struct zip* archive) const { zip_discard(archive); }

ZipArchive::ZipArchive(const std::string& path) : where_(path), file_(std::make_unique<MappedFile>(path)) { open(file_->bytes()); }

ZipArchive::ZipArchive(std::span<const std::byte> bytes, std::string where) : where_(std::move(where)) { open(bytes); }

void ZipArchive::open(std::span<const std::byte> bytes) {
  // libzip takes no bytes at all for an archive without members.
  if (bytes.empty()) throw Error({.where = where_, .given = "an empty file", .expected = "a zip archive"});
  zip_error_t error;
  zip_error_init(&error);
  const auto refuse = [&] { throw Error({.where = where_, .given = text_of(&error), .expected = "a zip archive"}); };
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), /*freep=*/0, &error);
  if (!source) refuse();
  archive_.reset(zip_open_from_source(source, ZIP_RDONLY, &error));
  if (!archive_) {
    zip_source_free(source);
    refuse();
  }
  const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
  for (zip_int64_t index = 0; index < count; ++index) {
    const char* name = zip_get_name(archive_.get(), static_cast<zip_uint64_t>(index), ZIP_FL_ENC_GUESS);
    if (!name)
      throw Error({.where = where_, .given = fmt::format("member {} without a readable name", index), .expected = "a name for every member"});
    if (std::string text = name; !text.ends_with('/')) members_.push_back({.name = std::move(text), .index = index});
  }
}

std::string ZipArchive::read(const ZipMember& member, int64_t most_bytes) const {
  const std::string where = where_ + ", " + printable(member.name);
  const std::unique_ptr<zip_file_t, CloseMember> opened(zip_fopen_index(archive_.get(), static_cast<zip_uint64_t>(member.index), 0));
  if (!opened)
    throw Error({.where = where, .given = zip_error_strerror(zip_get_error(archive_.get())), .expected = "a member that can be unpacked"});
  std::string bytes;
  // Until the end is read, the checksum is not compared.
  while (true) {
    const size_t before = bytes.size();
    bytes.resize(before + kReadAtOnce);
    const zip_int64_t got = zip_fread(opened.get(), bytes.data() + before, kReadAtOnce);
    if (got < 0)
      throw Error({.where = where, .given = zip_error_strerror(zip_file_get_error(opened.get())), .expected = "a member without damage"});
    bytes.resize(before + static_cast<size_t>(got));
    if (std::ssize(bytes) > most_bytes)
      throw Error({.where = where, .given = "more than the bytes that such a file needs", .expected = fmt::format("at most {}", most_bytes)});
    if (got == 0) return bytes;
  }
}

}  // namespace manabi::base
