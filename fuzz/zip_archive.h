#pragma once

#include <span>
#include <string_view>

#include "base/format/zip.h"
#include "fuzz/expect.h"

namespace manabi::fuzz {

inline void zip_archive(std::string_view input) {
  constexpr int64_t kMostBytes = 1 << 16;
  is_read_or_refused([&] {
    const base::ZipArchive archive(std::as_bytes(std::span(input)), "input.zip");
    for (const base::ZipMember& member : archive.members())
      is_read_or_refused([&] { expect(std::ssize(archive.read(member, kMostBytes)) <= kMostBytes, "a member over the limit"); });
  });
}

}  // namespace manabi::fuzz
