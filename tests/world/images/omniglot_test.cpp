#include "world/images/omniglot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/archive.h"
#include "tests/support/data.h"
#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"

namespace manabi::world {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Members = std::vector<std::pair<std::string, std::string>>;

constexpr int64_t kSide = 105;
const Members kNoImages = {{"two/read.me", "text"}};

// White paper with one black row.
std::string drawing(int64_t black_row) {
  std::vector<uint8_t> values(kSide * kSide, 255);
  for (int64_t column = 0; column < kSide; ++column) values[static_cast<size_t>(black_row * kSide + column)] = 0;
  return test::png_of(values, kSide);
}

class Omniglot : public testing::Test {
 protected:
  void write(const Members& first, const Members& second) {
    folder_.write("omniglot/images_background_small1.zip", test::zip_of(first));
    folder_.write("omniglot/images_background_small2.zip", test::zip_of(second));
  }
  Drawings read(int64_t side = kSide) const { return read_omniglot(folder_.path(""), side); }
  std::string complaint() const {
    return test::error_of([&] { read(); });
  }

  test::TemporaryFolder folder_;
};

TEST_F(Omniglot, HoldsEachCharacterOfBothArchivesOnceInOrder) {
  write({{"one/Greek/character02/a.png", drawing(2)}, {"one/Greek/character01/a.png", drawing(1)}},
        {{"two/Greek/character01/a.png", drawing(1)}, {"two/Aramaic/character01/a.png", drawing(3)}, {"two/read.me", "text"}});
  const Drawings drawings = read();
  EXPECT_THAT(drawings.characters, ElementsAre("Aramaic/character01", "Greek/character01", "Greek/character02"));
  EXPECT_EQ(drawings.exemplars, 1);
  for (const auto& [character, row] : {std::pair<int64_t, int64_t>{0, 3}, {1, 1}, {2, 2}}) {
    const std::span<const uint8_t> ink = drawings.drawing(character, 0);
    for (int64_t y = 0; y < kSide; ++y) ASSERT_EQ(ink[static_cast<size_t>(y * kSide)], y == row ? 255 : 0) << character << " row " << y;
  }
}

TEST_F(Omniglot, DrawingsStandInTheOrderOfTheirFiles) {
  write({{"one/Greek/character01/b.png", drawing(8)}, {"one/Greek/character01/a.png", drawing(5)}}, kNoImages);
  const Drawings drawings = read();
  EXPECT_EQ(drawings.exemplars, 2);
  EXPECT_EQ(drawings.drawing(0, 0)[5 * kSide], 255);
  EXPECT_EQ(drawings.drawing(0, 1)[8 * kSide], 255);
}

TEST_F(Omniglot, BrokenFilesAreNamedWithTheirArchive) {
  write({{"one/Greek/character01/a.png", "no image"}}, kNoImages);
  EXPECT_THAT(complaint(), testing::AllOf(HasSubstr("images_background_small1.zip"), HasSubstr("Greek/character01/a.png")));
  write({{"one/Greek/character01/a.png", test::png_of({0, 255}, 2)}}, kNoImages);
  EXPECT_THAT(complaint(), testing::AllOf(HasSubstr("Greek/character01/a.png"), HasSubstr("2 x 1 pixels")));
  write({{"a.png", drawing(1)}}, kNoImages);
  EXPECT_THAT(complaint(), HasSubstr("outside the folders"));
  write({{"one/Greek/character01/a.png", std::string(100'000, 'x')}}, kNoImages);
  EXPECT_THAT(complaint(), HasSubstr("at most 65536"));
}

TEST_F(Omniglot, CharactersWithUnlikeNumbersOfDrawingsAreRefused) {
  write({{"one/Greek/character01/a.png", drawing(1)}, {"one/Greek/character01/b.png", drawing(1)}, {"one/Greek/character02/a.png", drawing(1)}},
        kNoImages);
  EXPECT_THAT(complaint(), testing::AllOf(HasSubstr("Greek/character02"), HasSubstr("1 drawings")));
  write(kNoImages, kNoImages);
  EXPECT_THAT(complaint(), HasSubstr("without an image"));
  EXPECT_THAT(test::error_of([&] { read(200); }), HasSubstr("200"));
}

TEST_F(Omniglot, IsThereOnlyWithBothArchives) {
  EXPECT_FALSE(has_omniglot(""));
  EXPECT_FALSE(has_omniglot(folder_.path("")));
  folder_.write("omniglot/images_background_small1.zip", test::zip_of({{"a", ""}}));
  EXPECT_FALSE(has_omniglot(folder_.path("")));
  write({{"a", ""}}, {{"b", ""}});
  EXPECT_TRUE(has_omniglot(folder_.path("")));
}

TEST(OmniglotData, HoldsTwoHundredAndFortyTwoCharactersOfTwentyDrawings) {
  MANABI_NEEDS(test::data_folder() + "/omniglot");
  const Drawings drawings = read_omniglot(test::data_folder(), 28);
  EXPECT_EQ(drawings.characters.size(), 242u);
  EXPECT_EQ(drawings.exemplars, 20);
  double ink = 0;
  for (const uint8_t value : drawings.ink) ink += value;
  const double share = ink / 255 / static_cast<double>(drawings.ink.size());
  EXPECT_GT(share, 0.03);
  EXPECT_LT(share, 0.2);
}

}  // namespace
}  // namespace manabi::world
