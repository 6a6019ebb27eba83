#include "base/format/zip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fuzz/zip_archive.h"
#include "tests/support/archive.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"

namespace manabi::base {
namespace {

using testing::HasSubstr;

constexpr int64_t kAmple = 1 << 20;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// What reading all members complains about.
std::string complaint(const std::string& bytes, int64_t most_bytes = kAmple) {
  return test::error_of([&] {
    const ZipArchive archive(bytes_of(bytes), "set.zip");
    for (const ZipMember& member : archive.members()) archive.read(member, most_bytes);
  });
}

TEST(ZipArchive, GivesFilesInOrderAndLeavesFoldersOut) {
  const test::TemporaryFolder folder;
  const std::string large(200'000, 'x');
  const std::string path = folder.write("set.zip", test::zip_of({{"b/", ""}, {"b/two.png", large}, {"a.txt", ""}}));
  const ZipArchive archive(path);
  ASSERT_EQ(archive.members().size(), 2u);
  EXPECT_EQ(archive.members()[0].name, "b/two.png");
  EXPECT_EQ(archive.read(archive.members()[0], kAmple), large);
  EXPECT_EQ(archive.members()[1].name, "a.txt");
  EXPECT_EQ(archive.read(archive.members()[1], kAmple), "");
  EXPECT_EQ(archive.read(archive.members()[0], kAmple), large) << "a second time";
}

TEST(ZipArchive, WhatIsNoArchiveIsRefusedWithItsName) {
  const std::string whole = test::zip_of({{"a.txt", "some text"}});
  for (const std::string& bytes : {std::string(), std::string("PK"), std::string("no archive at all"), whole.substr(0, whole.size() / 2)})
    EXPECT_THAT(complaint(bytes), HasSubstr("set.zip")) << bytes.size();
  EXPECT_THAT(test::error_of([] { ZipArchive("/nowhere/set.zip"); }), HasSubstr("/nowhere/set.zip"));
}

TEST(ZipArchive, ADamagedMemberIsNamed) {
  std::string bytes = test::zip_of({{"good.txt", "untouched"}, {"bad.txt", "some text that will change"}}, /*stored=*/true);
  bytes[bytes.find("will change")] = 'W';
  EXPECT_THAT(complaint(bytes), testing::AllOf(HasSubstr("set.zip, bad.txt"), HasSubstr("CRC")));
}

TEST(ZipArchive, AMemberLargerThanAllowedIsNotUnpacked) {
  const std::string bytes = test::zip_of({{"bomb.txt", std::string(10 << 20, '\0')}});
  ASSERT_LT(bytes.size(), 100'000u);
  EXPECT_THAT(complaint(bytes, 1000), testing::AllOf(HasSubstr("set.zip, bomb.txt"), HasSubstr("at most 1000")));
}

// Every cut and every changed byte is read or refused; the sanitizers see steps outside.
TEST(ZipArchive, BrokenBytesAreReadOrRefused) {
  const std::string whole = test::zip_of({{"d/", ""}, {"d/one.png", "0123456789"}, {"two", std::string(50, 'y')}});
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_NO_THROW(fuzz::zip_archive(whole.substr(0, size))) << size;
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned flipped : {1u, 0x80u, 0xFFu}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ flipped);
      EXPECT_NO_THROW(fuzz::zip_archive(changed)) << at;
    }
  }
}

}  // namespace
}  // namespace manabi::base
