#include "base/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <stdexcept>

#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"

namespace manabi::base {
namespace {

using test::error_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// One option of every kind.
struct Options {
  bool white_space = false;
  int64_t limit = 5;
  double margin = 0.5;
  std::string device = "cpu";
  std::vector<int64_t> shots = {4};
  std::vector<double> rates;
  std::vector<std::string> tasks = {"sst2", "trec"};

  OptionTable table() {
    OptionTable table;
    table.add({.name = "white-space", .help = "", .target = &white_space, .changes = Changes::value, .allowed = {}, .alias = ""});
    table.add({.name = "limit", .help = "", .target = &limit, .changes = Changes::nothing, .allowed = {}, .alias = "items"});
    table.add({.name = "margin", .help = "", .target = &margin, .changes = Changes::value, .allowed = {}, .alias = ""});
    table.add({.name = "device", .help = "", .target = &device, .changes = Changes::nothing, .allowed = {"cpu", "cuda"}, .alias = ""});
    table.add({.name = "shots", .help = "", .target = &shots, .changes = Changes::nothing, .allowed = {}, .alias = "num-fewshot"});
    table.add({.name = "rates", .help = "", .target = &rates, .changes = Changes::nothing, .allowed = {}, .alias = ""});
    table.add({.name = "tasks", .help = "", .target = &tasks, .changes = Changes::nothing, .allowed = {"sst2", "trec", "agnews"}, .alias = ""});
    return table;
  }
};

class OptionTableTest : public ::testing::Test {
 protected:
  std::string complaint(const std::string& name, const std::string& text) {
    return error_of([&] { table_.set(name, text, "--" + name); });
  }

  std::string toml_complaint(const std::string& text) {
    return error_of([&] { table_.set_from_toml_text(text, "study.toml"); });
  }

  Options options_;
  OptionTable table_ = options_.table();
};

TEST_F(OptionTableTest, SetsEveryKindOfField) {
  table_.set("white-space", "true", "w");
  table_.set("limit", "-7", "w");
  table_.set("margin", "1e-3", "w");
  table_.set("device", "cuda", "w");
  table_.set("shots", "0, 4,8 ", "w");
  table_.set("rates", "0.5,2", "w");
  table_.set("tasks", "agnews,sst2", "w");
  EXPECT_TRUE(options_.white_space);
  EXPECT_EQ(options_.limit, -7);
  EXPECT_EQ(options_.margin, 1e-3);
  EXPECT_EQ(options_.device, "cuda");
  EXPECT_THAT(options_.shots, ElementsAre(0, 4, 8));
  EXPECT_THAT(options_.rates, ElementsAre(0.5, 2));
  EXPECT_THAT(options_.tasks, ElementsAre("agnews", "sst2"));
  table_.set("white-space", "false", "w");
  EXPECT_FALSE(options_.white_space);
}

TEST_F(OptionTableTest, AnAliasNamesTheSameField) {
  table_.set("num-fewshot", "16", "w");
  EXPECT_THAT(options_.shots, ElementsAre(16));
  EXPECT_EQ(table_.find("num-fewshot"), table_.find("shots"));
}

TEST_F(OptionTableTest, AnEmptyTextIsAnEmptyList) {
  table_.set("shots", "", "w");
  table_.set("tasks", "  ", "w");
  EXPECT_THAT(options_.shots, IsEmpty());
  EXPECT_THAT(options_.tasks, IsEmpty());
}

TEST_F(OptionTableTest, UnknownNamesGetTheNearestOne) {
  EXPECT_EQ(complaint("shotz", "1"), "--shotz: unknown option 'shotz'\n  hint: did you mean 'shots'?");
  EXPECT_EQ(complaint("num-fewshots", "1"), "--num-fewshots: unknown option 'num-fewshots'\n  hint: did you mean 'num-fewshot'?");
  EXPECT_THAT(complaint("zzzzzzzzzzzzzzz", "1"), HasSubstr("hint: known: white-space limit items margin"));
  EXPECT_EQ(table_.find(""), nullptr);
}

TEST_F(OptionTableTest, MalformedValuesAreRefusedAndChangeNothing) {
  for (const char* text : {"", " ", "4.5", "4x", "x", "0x10", "1e3", "+4", "--4"})
    EXPECT_THAT(complaint("limit", text), StartsWith("--limit: ")) << text;
  EXPECT_EQ(complaint("limit", "many"), "--limit: 'many'\n  expected: an integer");
  EXPECT_EQ(complaint("limit", "9223372036854775808"), "--limit: '9223372036854775808'\n  expected: an integer that is not so large");
  for (const char* text : {"", "x", "1,5", "1.5.2"})
    EXPECT_EQ(complaint("margin", text), "--margin: '" + std::string(text) + "'\n  expected: a number");
  for (const char* text : {"nan", "inf", "-inf"})
    EXPECT_EQ(complaint("margin", text), "--margin: '" + std::string(text) + "'\n  expected: a finite number");
  EXPECT_EQ(complaint("margin", "1e999"), "--margin: '1e999'\n  expected: a number that is not so large");
  for (const char* text : {"", "yes", "2", "True"})
    EXPECT_EQ(complaint("white-space", text), "--white-space: '" + std::string(text) + "'\n  expected: true or false");
  EXPECT_EQ(options_.limit, 5);
  EXPECT_EQ(options_.margin, 0.5);
  EXPECT_FALSE(options_.white_space);
}

TEST(OptionTable, IntegersKeepToTheirRange) {
  int64_t items = 8;
  std::vector<int64_t> shots = {4};
  OptionTable table;
  table.add({.name = "items", .help = "queries", .target = &items, .least = 1, .most = 10});
  table.add({.name = "shots", .help = "K", .target = &shots, .least = 0});
  const auto complaint = [&](const std::string& name, const std::string& text) {
    return test::error_of([&] { table.set(name, text, "--" + name); });
  };
  EXPECT_EQ(complaint("items", "0"), "--items: '0'\n  expected: an integer from 1 to 10");
  EXPECT_EQ(complaint("items", "11"), "--items: '11'\n  expected: an integer from 1 to 10");
  EXPECT_EQ(complaint("shots", "4,-1"), "--shots: '-1'\n  expected: 0 or more");
  EXPECT_EQ(complaint("items", "10") + complaint("shots", "0,8"), "");
  EXPECT_EQ(items, 10);
  EXPECT_THAT(shots, testing::ElementsAre(0, 8));
}

TEST(OptionTable, SwitchesTakeOneAndZeroAndAnEmptyVariableIsAbsent) {
  bool is_on = false;
  OptionTable table;
  table.add({.name = "try-switch", .help = "a switch", .target = &is_on});
  ::setenv("MANABI_TRY_SWITCH", "1", 1);
  table.set_from_environment();
  EXPECT_TRUE(is_on);
  ::setenv("MANABI_TRY_SWITCH", "", 1);
  table.set_from_environment();
  EXPECT_TRUE(is_on);
  ::unsetenv("MANABI_TRY_SWITCH");
}

TEST_F(OptionTableTest, OnlyAllowedTextsAreTaken) {
  EXPECT_EQ(complaint("device", "cude"), "--device: 'cude'\n  expected: one of cpu, cuda\n  hint: did you mean 'cuda'?");
  EXPECT_THAT(complaint("tasks", "sst2,tree"), HasSubstr("'tree'\n  expected: one of sst2, trec, agnews\n  hint: did you mean 'trec'?"));
  EXPECT_THAT(options_.tasks, ElementsAre("sst2", "trec"));
}

TEST_F(OptionTableTest, TextIsUtf8) { EXPECT_EQ(complaint("device", "\xff"), "--device: '\\xff'\n  expected: text in UTF-8"); }

TEST_F(OptionTableTest, ListsHaveItemsBetweenAllCommasAndNoneTwice) {
  for (const char* text : {",", "1,", ",1", "1,,2", "1, ,2"})
    EXPECT_THAT(complaint("shots", text), HasSubstr("expected: items between all commas")) << text;
  EXPECT_EQ(complaint("shots", "0,4,04"), "--shots: '04'\n  expected: every item once");
  EXPECT_EQ(complaint("shots", "0,x"), "--shots: 'x'\n  expected: an integer");
  EXPECT_EQ(complaint("tasks", "sst2,sst2"), "--tasks: 'sst2'\n  expected: every item once");
  EXPECT_THAT(options_.shots, ElementsAre(4));
}

TEST_F(OptionTableTest, TextOfAFieldSetsItAgain) {
  options_.margin = 0.1;
  options_.limit = std::numeric_limits<int64_t>::min();
  options_.rates = {1, 1e-300, 0.30000000000000004};
  const nlohmann::ordered_json before = table_.to_json();
  std::vector<std::string> texts;
  for (const OptionTable::Field& field : table_.fields()) texts.push_back(OptionTable::text_of(field));
  EXPECT_THAT(texts, ElementsAre("false", "-9223372036854775808", "0.1", "cpu", "4", "1,1e-300,0.30000000000000004", "sst2,trec"));
  Options fresh;
  OptionTable copy = fresh.table();
  for (size_t i = 0; i < texts.size(); ++i) copy.set(copy.fields()[i].name, texts[i], "w");
  EXPECT_EQ(copy.to_json(), before);
}

TEST_F(OptionTableTest, JsonHoldsTypedValuesInTableOrder) {
  EXPECT_EQ(table_.to_json().dump(),
            R"({"white-space":false,"limit":5,"margin":0.5,"device":"cpu","shots":[4],"rates":[],"tasks":["sst2","trec"]})");
  EXPECT_EQ(table_.to_json(true).dump(), R"({"white-space":false,"margin":0.5})");
}

TEST_F(OptionTableTest, ANameStandsForOneField) {
  int64_t other = 0;
  for (const auto& [name, alias] : {std::pair("shots", ""), {"num-fewshot", ""}, {"new", "shots"}, {"new", "items"}}) {
    EXPECT_THROW(table_.add({.name = name, .help = "", .target = &other, .changes = Changes::nothing, .allowed = {}, .alias = alias}),
                 std::invalid_argument);
  }
  EXPECT_THROW(table_.add_all(table_), std::invalid_argument);
  EXPECT_EQ(table_.fields().size(), 7u);
}

TEST_F(OptionTableTest, AddAllSharesTheTargets) {
  OptionTable all;
  all.add_all(table_);
  all.set("limit", "9", "w");
  EXPECT_EQ(options_.limit, 9);
}

TEST_F(OptionTableTest, TheEnvironmentHasATwinOfEveryField) {
  EXPECT_EQ(OptionTable::environment_name(*table_.find("white-space")), "MANABI_WHITE_SPACE");
  ::setenv("MANABI_WHITE_SPACE", "true", 1);
  ::setenv("MANABI_SHOTS", "1,2", 1);
  table_.set_from_environment();
  EXPECT_TRUE(options_.white_space);
  EXPECT_THAT(options_.shots, ElementsAre(1, 2));
  EXPECT_EQ(options_.limit, 5);
  ::setenv("MANABI_SHOTS", "few", 1);
  EXPECT_EQ(error_of([&] { table_.set_from_environment(); }), "MANABI_SHOTS: 'few'\n  expected: an integer");
  ::unsetenv("MANABI_SHOTS");
  ::unsetenv("MANABI_WHITE_SPACE");
}

TEST_F(OptionTableTest, TomlSetsEveryKindOfField) {
  const test::TemporaryFolder folder;
  table_.set_from_toml(folder.write("study.toml",
                                    "# a comment\nwhite-space = true\nlimit = 7\nmargin = 2\ndevice = \"cuda\"\n"
                                    "shots = [0, 4,\n 8]\nrates = [0.5, 1]\ntasks = [\"agnews\"]\n"));
  EXPECT_EQ(table_.to_json().dump(),
            R"({"white-space":true,"limit":7,"margin":2.0,"device":"cuda","shots":[0,4,8],"rates":[0.5,1.0],"tasks":["agnews"]})");
}

TEST_F(OptionTableTest, TomlTakesTextsAsTheCommandLineDoes) {
  table_.set_from_toml_text("shots = \"0,4\"\ntasks = \"sst2\"\nrates = 0.25\nnum-fewshot = 3\n", "t");
  EXPECT_THAT(options_.tasks, ElementsAre("sst2"));
  EXPECT_THAT(options_.rates, ElementsAre(0.25));
}

TEST_F(OptionTableTest, TomlItemsMayHoldCommas) {
  std::vector<std::string> models;
  table_.add({.name = "model", .help = "", .target = &models, .changes = Changes::nothing, .allowed = {}, .alias = ""});
  table_.set_from_toml_text("model = [\"a,b.gguf\", \"c\"]", "t");
  EXPECT_THAT(models, ElementsAre("a,b.gguf", "c"));
}

TEST_F(OptionTableTest, TomlErrorsCarryFileAndLine) {
  EXPECT_EQ(toml_complaint("limit = 1\n\nshot = 2\n"), "study.toml:3: unknown option 'shot'\n  hint: did you mean 'shots'?");
  EXPECT_EQ(toml_complaint("limit = 1\nmargin = \"x\"\n"), "study.toml:2: 'x'\n  expected: a number");
  EXPECT_EQ(toml_complaint("shots = [1, 1]\n"), "study.toml:1: '1'\n  expected: every item once");
  EXPECT_EQ(toml_complaint("limit = [1]\n"), "study.toml:1: 'limit' is given a list\n  expected: one value");
  EXPECT_EQ(toml_complaint("\nmargin = nan\n"), "study.toml:2: 'nan'\n  expected: a finite number");
  for (const char* text : {"[limit]\na = 1\n", "limit = 2020-01-01\n", "shots = [[1]]\n", "limit = {a = 1}\n"}) {
    EXPECT_THAT(toml_complaint(text), StartsWith("study.toml:1: a table, a date or an array inside an array\n  expected: a text, a number"))
        << text;
  }
}

TEST_F(OptionTableTest, BrokenTomlIsRefusedWithItsPlace) {
  EXPECT_THAT(toml_complaint("limit = 1\ndevice = cpu\n"),
              ::testing::AllOf(StartsWith("study.toml:2:"), HasSubstr("hint: texts stand in quotes")));
  EXPECT_THAT(toml_complaint("limit = 1\nlimit = 2\n"), StartsWith("study.toml:2:"));
  EXPECT_EQ(toml_complaint("device = \"\xff\"\n"), "study.toml: byte 10 is not UTF-8\n  expected: text in UTF-8");
  EXPECT_THAT(toml_complaint("shots = " + std::string(100000, '[')), StartsWith("study.toml:1:"));
}

TEST_F(OptionTableTest, AMissingTomlFileIsNamed) {
  EXPECT_THAT(error_of([&] { table_.set_from_toml("none.toml"); }), StartsWith("none.toml: cannot open"));
}

}  // namespace
}  // namespace manabi::base
