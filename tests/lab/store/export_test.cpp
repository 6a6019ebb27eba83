#include "lab/store/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

namespace manabi::lab {
namespace {

// Two cells with different coordinates, odd text and numbers.
Records some_records() {
  CellRecord first, second;
  first.key = "k1";
  first.cell.at = {{"shots", "4"}, {"task", "say \"hi\", now"}};
  first.cell.inputs = {{"weights", "ab"}};
  first.rows = {{.metric = "accuracy", .value = 0.1, .n = 10},
                {.metric = "loss", .at = {{"step", "100"}, {"task", "inner"}}, .value = NAN, .n = 1}};
  first.items = {{.id = "a,b", .draw = 2, .scores = {-1.5, -2}, .target = 0}};
  first.exhibits["prompt"] = "two\nlines";
  second.key = "k2";
  second.cell.at = {{"model", "x"}};
  second.items = {{.id = "c", .draw = 0, .scores = {-3, -2, -1e-300}, .target = 1}};
  return {first, second};
}

TEST(ExportCsv, HasOneLineAMetricAndTheUnionOfCoordinates) {
  EXPECT_EQ(export_csv("fake", some_records()),
            "study,cell,model,shots,task,step,row_task,metric,value,n\r\n"
            "fake,k1,,4,\"say \"\"hi\"\", now\",,,accuracy,0.1,10\r\n"
            "fake,k1,,4,\"say \"\"hi\"\", now\",100,inner,loss,nan,1\r\n");
}

TEST(ExportCsv, HasOneLineAnItemAndAColumnAChoice) {
  EXPECT_EQ(export_items_csv("fake", some_records()),
            "study,cell,model,shots,task,item,draw,target,is_right,score_0,score_1,score_2\r\n"
            "fake,k1,,4,\"say \"\"hi\"\", now\",\"a,b\",2,0,true,-1.5,-2,\r\n"
            "fake,k2,x,,,c,0,1,false,-3,-2,-1e-300\r\n");
}

TEST(ExportCsv, QuotesLineBreaks) {
  Records records(1);
  records[0].rows = {{.metric = "a\nb"}, {.metric = "a\rb"}};
  EXPECT_EQ(export_csv("fake", records), "study,cell,metric,value,n\r\nfake,,\"a\nb\",0,0\r\nfake,,\"a\rb\",0,0\r\n");
}

TEST(ExportCsv, WithoutRecordsIsAHeader) {
  EXPECT_EQ(export_csv("fake", {}), "study,cell,metric,value,n\r\n");
  EXPECT_EQ(export_items_csv("fake", {}), "study,cell,item,draw,target,is_right\r\n");
}

TEST(ExportJsonl, HasALineACellARowAndAnItem) {
  std::istringstream text(export_jsonl("fake", some_records()));
  std::vector<base::Json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(base::parse_json(line, "export"));
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[0]["kind"], "cell");
  EXPECT_EQ(lines[0]["inputs"], base::Json({{"weights", "ab"}}));
  EXPECT_EQ(lines[0]["exhibits"]["prompt"], "two\nlines");
  EXPECT_EQ(lines[1]["kind"], "row");
  EXPECT_EQ(lines[1]["value"], 0.1);
  EXPECT_EQ(lines[1]["at"]["shots"], "4");
  EXPECT_EQ(lines[2]["row_at"]["step"], "100");
  EXPECT_TRUE(lines[2]["value"].is_null());
  EXPECT_EQ(lines[3]["kind"], "item");
  EXPECT_EQ(lines[3]["cell"], "k1");
  EXPECT_EQ(lines[3]["scores"], base::Json({-1.5, -2.0}));
  EXPECT_EQ(lines[3]["is_right"], true);
  EXPECT_EQ(lines[4]["at"], base::Json({{"model", "x"}}));
  EXPECT_EQ(export_jsonl("fake", {}), "");
}

}  // namespace
}  // namespace manabi::lab
