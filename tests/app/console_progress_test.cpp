#include "app/console_progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace manabi::app {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ClockText, IsReadAsMinutesAndHours) {
  EXPECT_EQ(clock_text(0), "0:00");
  EXPECT_EQ(clock_text(59.6), "1:00");
  EXPECT_EQ(clock_text(750), "12:30");
  EXPECT_EQ(clock_text(7500), "2:05:00");
  EXPECT_EQ(clock_text(-3), "0:00");
}

TEST(ConsoleProgress, WritesPlainLinesWhereThereIsNoTerminal) {
  std::ostringstream out;
  ConsoleProgress progress(out, /*is_terminal=*/false);
  progress.begin("measuring", 10);
  progress.advance(5);
  progress.note("a note");
  progress.end();
  EXPECT_THAT(out.str(), testing::StartsWith("measuring\na note\nmeasuring: 0:0"));
  EXPECT_THAT(out.str(), Not(HasSubstr("\033")));
  EXPECT_THAT(out.str(), Not(HasSubstr("\r")));
}

TEST(ConsoleProgress, DrawsABarOnATerminalAndNotesAboveIt) {
  std::ostringstream out;
  ConsoleProgress progress(out, /*is_terminal=*/true);
  progress.begin("measuring", 10);
  progress.note("a note");
  progress.end();
  EXPECT_THAT(out.str(), HasSubstr("░"));
  EXPECT_THAT(out.str(), HasSubstr("\033[Ka note\n"));
}

TEST(ConsoleProgress, AnUnknownTotalHasNoShare) {
  std::ostringstream out;
  ConsoleProgress progress(out, /*is_terminal=*/true);
  progress.begin("reading", 0);
  progress.advance(3);
  progress.end();
  EXPECT_THAT(out.str(), Not(HasSubstr("%")));
}

}  // namespace
}  // namespace manabi::app
