#include "app/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"

namespace manabi::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Bound {
  std::string study, config;
  std::vector<int64_t> shots = {0, 4};
  int64_t items = 8;
  bool json = false;

  CommandLine line() {
    CommandLine line{.verb = "try", .summary = "A try."};
    line.positionals = {{.name = "STUDY", .help = "which", .target = &study}};
    line.options.add({.name = "shots", .help = "K", .target = &shots, .alias = "num-fewshot"});
    line.options.add({.name = "items", .help = "queries", .target = &items});
    line.options.add({.name = "json", .help = "for machines", .target = &json});
    line.options.add({.name = "config", .help = "a TOML file", .target = &config});
    return line;
  }
  bool parse_words(const std::vector<std::string>& words) {
    CommandLine command_line = line();
    return parse(command_line, words, help);
  }
  std::ostringstream help;
};

TEST(CommandLine, FlagsListsSwitchesAndAliases) {
  Bound bound;
  EXPECT_TRUE(bound.parse_words({"recognition", "--num-fewshot", "1,2", "--items=3", "--json"}));
  EXPECT_EQ(bound.study, "recognition");
  EXPECT_THAT(bound.shots, ElementsAre(1, 2));
  EXPECT_EQ(bound.items, 3);
  EXPECT_TRUE(bound.json);
}

TEST(CommandLine, FlagsBeatTheEnvironmentWhichBeatsTheFile) {
  const test::TemporaryFolder folder;
  const std::string file = folder.write("o.toml", "items = 1\nshots = [5]\njson = true\n");
  ::setenv("MANABI_ITEMS", "2", 1);
  ::setenv("MANABI_SHOTS", "6,7", 1);
  Bound bound;
  EXPECT_TRUE(bound.parse_words({"x", "--config", file, "--items", "3"}));
  ::unsetenv("MANABI_ITEMS");
  ::unsetenv("MANABI_SHOTS");
  EXPECT_EQ(bound.items, 3);
  EXPECT_THAT(bound.shots, ElementsAre(6, 7));
  EXPECT_TRUE(bound.json);
}

TEST(CommandLine, HelpShowsDefaultsAndEndsThere) {
  Bound bound;
  EXPECT_FALSE(bound.parse_words({"--help"}));
  EXPECT_THAT(bound.help.str(), testing::AllOf(HasSubstr("--shots"), HasSubstr("[0,4]"), HasSubstr("A try.")));
}

TEST(CommandLine, WhatIsNotUnderstoodIsNamed) {
  Bound bound;
  EXPECT_THAT(test::error_of([&] { bound.parse_words({"x", "--item", "3"}); }), HasSubstr("--items"));
  EXPECT_THAT(test::error_of([&] { bound.parse_words({"x", "y"}); }), HasSubstr("'y'"));
  EXPECT_THAT(test::error_of([&] { bound.parse_words({}); }), HasSubstr("STUDY"));
  EXPECT_THAT(test::error_of([&] { bound.parse_words({"x", "--items", "many"}); }), HasSubstr("--items"));
}

}  // namespace
}  // namespace manabi::app
