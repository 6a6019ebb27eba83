#include "base/format/idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "base/file.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"

namespace manabi::base {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string bytes(std::initializer_list<int> values) { return {values.begin(), values.end()}; }

class Idx : public testing::Test {
 protected:
  std::string written(const std::string& content, bool is_zipped = false) {
    const std::string path = folder_.path(is_zipped ? "a.gz" : "a.idx");
    if (!is_zipped) {
      write_text_atomically(path, content);
      return path;
    }
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
    gzclose(file);
    return path;
  }
  std::string complaint(const std::string& content, int64_t most = 100) {
    return test::error_of([&] { read_idx(written(content), most); });
  }

  test::TemporaryFolder folder_;
  const std::string whole_ = bytes({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255});
};

TEST_F(Idx, ArraysComeBackAsTheyWereZippedOrNot) {
  for (const bool is_zipped : {false, true}) {
    const IdxArray array = read_idx(written(whole_, is_zipped), 6);
    EXPECT_THAT(array.sizes, ElementsAre(2, 3));
    EXPECT_THAT(array.values, ElementsAre(1, 2, 3, 4, 5, 255));
  }
}

TEST_F(Idx, WhatIsNoWholeArrayIsRefusedWithItsName) {
  for (size_t size = 0; size < whole_.size(); ++size) EXPECT_THAT(complaint(whole_.substr(0, size)), HasSubstr("a.idx")) << size;
  EXPECT_THAT(complaint(whole_ + "x"), HasSubstr("more bytes"));
  EXPECT_THAT(complaint("no array at all"), HasSubstr("begins with 6e 6f"));
  EXPECT_THAT(complaint(bytes({0, 0, 13, 1, 0, 0, 0, 1, 1})), HasSubstr("IDX file of bytes"));
  EXPECT_THAT(test::error_of([&] { read_idx(folder_.path("none"), 1); }), HasSubstr("cannot be opened"));
}

TEST_F(Idx, SizesLargerThanAllowedAreRefusedBeforeMemoryIsTaken) {
  EXPECT_THAT(complaint(whole_, 5), HasSubstr("at most 5"));
  EXPECT_THAT(complaint(bytes({0, 0, 8, 2, 127, 127, 127, 127, 127, 127, 127, 127})), HasSubstr("at most 100"));
  EXPECT_THAT(complaint(bytes({0, 0, 8, 1, 0, 0, 0, 0})), HasSubstr("size 0"));
}

TEST_F(Idx, ADamagedArchiveIsSeen) {
  const std::string path = written(std::string(whole_), true);
  std::string archive = read_text(path);
  archive[archive.size() - 6] ^= 0x55;  // its checksum
  write_text_atomically(path, archive);
  // zlib gives the bytes and complains at the end, where it looks at the sum.
  EXPECT_THAT(test::error_of([&] { read_idx(path, 6); }), HasSubstr(path));
}

// Of one as long as a set of images, whose sum is reached only after the last value.
TEST_F(Idx, ADamagedLongArchiveIsSeen) {
  std::string content = bytes({0, 0, 8, 1, 0, 1, 0, 0}) + std::string(65536, 'x');
  for (size_t i = 8; i < content.size(); ++i) content[i] = static_cast<char>(i * i % 251);
  const std::string path = written(content, true);
  EXPECT_EQ(read_idx(path, 65536).values.size(), 65536U);
  std::string archive = read_text(path);
  archive[archive.size() - 6] ^= 0x55;
  write_text_atomically(path, archive);
  EXPECT_THAT(test::error_of([&] { read_idx(path, 65536); }), HasSubstr(path));
}

}  // namespace
}  // namespace manabi::base
