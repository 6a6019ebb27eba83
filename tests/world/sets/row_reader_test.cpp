// Every layout of a file of labelled text, at its edges.
#include "world/sets/row_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/world/toy_set.h"

namespace manabi::world {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::vector<std::string>> cells_of(const std::string& text, char separator = ',') {
  std::vector<std::vector<std::string>> cells;
  for (const CellRow& row : parse_csv(text, separator, "t.csv")) cells.push_back(row.cells);
  return cells;
}

RowLayout columns_text_and_label(RowFormat format, char separator = ',') {
  return {.format = format, .separator = separator, .fields = {{"text"}}, .label = "label"};
}

// Rows as "line|label|field|field".
std::vector<std::string> rows_of(const std::string& text, const RowLayout& layout, const std::string& file = "rows.txt") {
  const test::TemporaryFolder folder;
  std::vector<std::string> rows;
  for (const LabelledRow& row : read_rows(folder.write(file, text), layout)) {
    std::string joined = std::to_string(row.line) + "|" + row.label;
    for (const std::string& field : row.fields) joined += "|" + field;
    rows.push_back(joined);
  }
  return rows;
}

std::string refusal(const std::string& text, const RowLayout& layout) {
  return test::error_of([&] { rows_of(text, layout); });
}

TEST(Csv, QuotedCellsHoldSeparatorsQuotesAndLineEnds) {
  EXPECT_THAT(cells_of("a,\"b,c\",d\n"), ElementsAre(ElementsAre("a", "b,c", "d")));
  EXPECT_THAT(cells_of("\"say \"\"hi\"\"\",\"\"\n"), ElementsAre(ElementsAre("say \"hi\"", "")));
  EXPECT_THAT(cells_of("\"two\nlines\",x\r\n\"dos\r\nlines\",y"), ElementsAre(ElementsAre("two\nlines", "x"), ElementsAre("dos\r\nlines", "y")));
  EXPECT_THAT(cells_of("a;\"b;c\"\n", ';'), ElementsAre(ElementsAre("a", "b;c")));
}

TEST(Csv, LineEndsAndMissingOnesReadAlike) {
  const auto expected = ElementsAre(ElementsAre("a", "b"), ElementsAre("c", "d"));
  EXPECT_THAT(cells_of("a,b\nc,d\n"), expected);
  EXPECT_THAT(cells_of("a,b\r\nc,d\r\n"), expected);
  EXPECT_THAT(cells_of("a,b\nc,d"), expected);
  EXPECT_THAT(cells_of("a,b\r\nc,\"d\"\r"), expected);
  EXPECT_THAT(cells_of("a,b\n\n  \nc,d\n"), expected) << "empty lines are skipped";
}

TEST(Csv, EmptyCellsAreCells) {
  EXPECT_THAT(cells_of(""), ElementsAre());
  EXPECT_THAT(cells_of(",\n"), ElementsAre(ElementsAre("", "")));
  EXPECT_THAT(cells_of("a,"), ElementsAre(ElementsAre("a", "")));
  EXPECT_THAT(cells_of("a \"b\",c"), ElementsAre(ElementsAre("a \"b\"", "c"))) << "a quote inside a plain cell is text";
}

TEST(Csv, LinesAreCountedThroughQuotedCells) {
  const std::vector<CellRow> rows = parse_csv("a\n\"1\n2\n3\"\nb\n", ',', "t.csv");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1].line, 2);
  EXPECT_EQ(rows[2].line, 5);
}

TEST(Csv, BrokenQuotesAreErrorsWithTheirLine) {
  EXPECT_THAT(test::error_of([] { cells_of("a\n\"b\nc"); }), HasSubstr("t.csv:2: a quote opens here and never closes"));
  EXPECT_THAT(test::error_of([] { cells_of("a\n\"b\"c\n"); }), HasSubstr("t.csv:2: text behind a closing quote"));
}

TEST(Rows, CsvColumnsAreFoundByName) {
  EXPECT_THAT(rows_of("id,label,text\n7,pos,\" good, really \"\n8,neg,bad\n", columns_text_and_label(RowFormat::csv)),
              ElementsAre("2|pos|good, really", "3|neg|bad"));
}

TEST(Rows, ColumnsCanBeJoined) {
  const RowLayout layout{.format = RowFormat::csv, .fields = {{"Title", "Description"}}, .label = "Class"};
  EXPECT_THAT(rows_of("Class,Title,Description\n3,Oil,Prices rise\n", layout), ElementsAre("2|3|Oil. Prices rise"));
}

TEST(Rows, AHeaderIsSkippedOnlyWhereItStands) {
  RowLayout layout = columns_text_and_label(RowFormat::table, '\t');
  layout.columns = {"label", "text"};
  EXPECT_THAT(rows_of("label\ttext\n1\tgood\n", layout), ElementsAre("2|1|good"));
  EXPECT_THAT(rows_of("1\tgood\n0\t\"bad\n", layout), ElementsAre("1|1|good", "2|0|\"bad"));
}

TEST(Rows, ByteOrderMarksAndCarriageReturnsAreNoText) {
  EXPECT_THAT(rows_of("\xEF\xBB\xBFlabel\ttext\r\n1\tgood\r\n", columns_text_and_label(RowFormat::table, '\t')), ElementsAre("2|1|good"));
  EXPECT_THAT(rows_of("\xEF\xBB\xBFlabel,text\r\n1,good\r\n", columns_text_and_label(RowFormat::csv)), ElementsAre("2|1|good"));
}

TEST(Rows, CommentsAtTheHeadAreSkippedWhereTheLayoutHasThem) {
  RowLayout layout = columns_text_and_label(RowFormat::table, '\t');
  layout.columns = {"label", "text"};
  layout.has_comments = true;
  EXPECT_THAT(rows_of("# language: en\n# topic: films\n1\tgood\n#\tbad\n", layout), ElementsAre("3|1|good", "4|#|bad"));
}

TEST(Rows, LabelsStandBeforeOrBehindTheText) {
  RowLayout layout{.format = RowFormat::label_then_text, .separator = ' ', .columns = {"label", "text"}, .fields = {{"text"}}, .label = "label"};
  layout.label_ends_at = ":";
  EXPECT_THAT(rows_of("DESC:manner How did it ?\nNUM:dist How far : there ?\n", layout),
              ElementsAre("1|DESC|How did it ?", "2|NUM|How far : there ?"));
  layout = {.format = RowFormat::text_then_label, .separator = '@', .columns = {"text", "label"}, .fields = {{"text"}}, .label = "label"};
  EXPECT_THAT(rows_of("mail a@b rose .@positive\n", layout), ElementsAre("1|positive|mail a@b rose ."));
  EXPECT_THAT(refusal("no sign here\n", layout), HasSubstr(":1: no '@' in this line"));
}

TEST(Rows, ScoresBecomeLabels) {
  RowLayout layout = columns_text_and_label(RowFormat::csv);
  layout.label_is_one_from = 0.5;
  EXPECT_THAT(rows_of("text,label\na,0.5\nb,0.49\nc,1\n", layout), ElementsAre("2|1|a", "3|0|b", "4|1|c"));
  EXPECT_THAT(refusal("text,label\na,much\n", layout), HasSubstr(":2: label \"much\"\n  expected: a number"));
}

TEST(Rows, Latin1IsReadWhereTheLayoutSaysSo) {
  RowLayout layout = columns_text_and_label(RowFormat::csv);
  EXPECT_THAT(refusal("text,label\na,1\ncaf\xE9,1\n", layout), HasSubstr(":3: byte 18 is not UTF-8"));
  layout.encoding = Encoding::latin1;
  EXPECT_THAT(rows_of("text,label\ncaf\xE9,1\n", layout), ElementsAre("2|1|caf\xC3\xA9"));
  EXPECT_THAT(rows_of("text,label\ncaf\xC3\xA9,1\n", layout), ElementsAre("2|1|caf\xC3\xA9")) << "what is UTF-8 stays so";
}

TEST(Rows, TextsAreUnquotedAndClosedWhereTheLayoutSaysSo) {
  RowLayout layout = columns_text_and_label(RowFormat::table, '\t');
  layout.unquotes_text = true;
  EXPECT_THAT(rows_of("text\tlabel\n\" \"\"analyze\"\" that .\"\t0\n\"half quoted\t0\nplain\t1\n", layout),
              ElementsAre("2|0|\"analyze\" that .", "3|0|\"half quoted", "4|1|plain"));
  layout.unquotes_text = false;
  layout.adds_final_period = true;
  EXPECT_THAT(rows_of("text\tlabel\nA man runs\t0\nDoes he ?\t1\n", layout), ElementsAre("2|0|A man runs.", "3|1|Does he ?"));
}

TEST(Rows, JsonLabelsMayBeStringsNumbersOrTruthValues) {
  EXPECT_THAT(rows_of("{\"text\": \"a\", \"label\": \"x\"}\n\n{\"label\": 1, \"text\": \"b\"}\n{\"text\": \"c\", \"label\": false}\n",
                      columns_text_and_label(RowFormat::json_lines)),
              ElementsAre("1|x|a", "3|1|b", "4|false|c"));
}

TEST(Rows, JsonMistakesNameTheirLine) {
  const RowLayout layout = columns_text_and_label(RowFormat::json_lines);
  EXPECT_THAT(refusal("{\"text\": \"a\", \"label\": 1}\n{\"txt\": \"a\", \"label\": 1}\n", layout),
              HasSubstr(":2: there is no key \"text\"\n  hint: did you mean 'txt'?"));
  EXPECT_THAT(refusal("{\"text\": 3, \"label\": 1}\n", layout), HasSubstr(":1: \"text\" is 3\n  expected: a string"));
  EXPECT_THAT(refusal("{\"text\": \"a\", \"label\": [1]}\n", layout), HasSubstr(":1: \"label\" is [1]"));
  EXPECT_THAT(refusal("{\"text\": \"a\", \"label\": null}\n", layout), HasSubstr(":1: \"label\" is null"));
  EXPECT_THAT(refusal("[1]\n", layout), HasSubstr(":1: a JSON array\n  expected: one object a line"));
  EXPECT_THAT(refusal("{\"text\": \"a\", \n", layout), HasSubstr(":1"));
}

TEST(Rows, MissingColumnsAndUnevenRowsNameTheirLine) {
  const RowLayout layout = columns_text_and_label(RowFormat::csv);
  EXPECT_THAT(refusal("txt,label\na,1\n", layout), HasSubstr("rows.txt:1: there is no column \"text\"\n  hint: did you mean 'txt'?"));
  EXPECT_THAT(refusal("text,lable\na,1\n", layout), HasSubstr(":1: there is no column \"label\"\n  hint: did you mean 'lable'?"));
  EXPECT_THAT(refusal("text,label\na,1\nb,c,1\n", layout), HasSubstr(":3: 3 cells\n  expected: 2 cells"));
  EXPECT_THAT(refusal("", layout), HasSubstr(":1: there is no column \"text\""));
}

TEST(Rows, TextsAndLabelsInTwoFilesGoLineByLine) {
  const test::TemporaryFolder folder;
  const std::string text = folder.write("val_text.txt", "one \n\nthree\n");
  const RowLayout layout{.format = RowFormat::text_and_labels};
  EXPECT_EQ(labels_path(text), folder.path("val_labels.txt"));
  folder.write("val_labels.txt", "0\n1\n2\n");
  const std::vector<LabelledRow> rows = read_rows(text, layout);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].fields[0], "one");
  EXPECT_EQ(rows[1].fields[0], "");
  EXPECT_EQ(rows[2].label, "2");
  folder.write("val_labels.txt", "0\n1\n");
  EXPECT_THAT(test::error_of([&] { read_rows(text, layout); }), HasSubstr("val_labels.txt: 2 lines\n  expected: 3 lines"));
}

}  // namespace
}  // namespace manabi::world
