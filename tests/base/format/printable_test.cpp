#include "base/format/printable.h"

#include <gtest/gtest.h>

namespace manabi::base {
namespace {

TEST(Printable, WellFormedTextStaysAsItIs) {
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable(" a\n学び"), " a\n学び");
}

TEST(Printable, PartsOfACharacterBecomeTheirBytes) { EXPECT_EQ(printable("a\xe5\xad"), "<61><E5><AD>"); }

}  // namespace
}  // namespace manabi::base
