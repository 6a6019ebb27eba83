#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "lab/report/blocks.h"
#include "tests/lab/report/markup_checker.h"
#include "tests/lab/report/report_sample.h"

namespace manabi::lab {
namespace {

using test::Element;
using test::Markup;
using test::read_markup;
using ::testing::HasSubstr;
using ::testing::Not;

Markup page_of(const Report& report) {
  Markup markup = read_markup(render_html(report));
  EXPECT_EQ(markup.fault, "");
  return markup;
}

template <class Block>
std::string block_html(const Block& block) {
  report::PageContext page{.looks = report::SeriesLooks({})};
  const std::string html = report::html_of(block, page);
  EXPECT_EQ(read_markup(html).fault, "");
  return html;
}

TEST(MarkupChecker, FindsWhatIsWrong) {
  EXPECT_EQ(read_markup("<p id=\"a\"><a href=\"#a\">x</a><br></p>").fault, "");
  for (const char* wrong : {"<p>", "<p></b>", "</p>", "<p class=x></p>", "<p>a & b</p>", "<p id=\"a\"></p><p id=\"a\"></p>",
                            "<a href=\"#b\"></a>", "<p a=\"1\" a=\"2\"></p>", "<p>\x01</p>", "a > b", "<svg aria-labelledby=\"t\"></svg>"}) {
    EXPECT_NE(read_markup(wrong).fault, "") << wrong;
  }
  EXPECT_NE(read_markup("<br>", true).fault, "");
}

TEST(ReportPage, IsWellFormedAndTheSameEveryTime) {
  const Report report = test::sample_report();
  page_of(report);
  EXPECT_EQ(render_html(report), render_html(report));
}

TEST(ReportPage, RefersToNothingOutsideButThePaper) {
  const Report report = test::sample_report();
  const Markup page = page_of(report);
  std::vector<std::string> outside;
  for (const Element& element : page.elements) {
    EXPECT_EQ(element.at("src"), "");
    EXPECT_NE(element.name, "link");
    for (const char* attribute : {"href", "action", "data", "poster"}) {
      if (!element.at(attribute).empty() && !element.at(attribute).starts_with("#")) outside.push_back(element.at(attribute));
    }
    if (element.name == "style" || element.name == "script") {
      for (const char* way : {"http", "url(", "@import", "fetch("}) EXPECT_EQ(element.text.find(way), std::string::npos) << way;
    }
  }
  EXPECT_EQ(outside, std::vector<std::string>{report.link});
}

TEST(ReportPage, HasALanguageATitleAndHeadingsInOrder) {
  const Markup page = page_of(test::sample_report());
  EXPECT_EQ(page.named("html").at(0)->at("lang"), "en");
  EXPECT_EQ(page.named("h1").size(), 1u);
  int64_t level = 0;
  for (const Element& element : page.elements) {
    if (element.name.size() != 2 || element.name[0] != 'h' || !std::isdigit(element.name[1])) continue;
    const int64_t next = element.name[1] - '0';
    EXPECT_LE(next, level + 1) << element.text;
    EXPECT_NE(element.text, "");
    level = next;
  }
}

TEST(ReportPage, PicturesHaveTitlesAndTableHeadersScopes) {
  const Markup page = page_of(test::sample_report());
  for (const Element* svg : page.named("svg")) {
    const bool is_decoration = svg->at("aria-hidden") == "true";
    EXPECT_TRUE(is_decoration || (svg->at("role") == "img" && !svg->at("aria-labelledby").empty()));
  }
  for (const Element* header : page.named("th")) EXPECT_THAT(header->at("scope"), ::testing::AnyOf("col", "row"));
}

TEST(ReportPage, PutsClaimsFirstAndTheManifestLast) {
  const Report report = test::sample_report();
  std::vector<std::string> titles;
  const Markup page = page_of(report);
  for (const Element* heading : page.named("h2")) titles.push_back(heading->text);
  EXPECT_EQ(titles.front(), "Claims");
  EXPECT_EQ(titles.back(), "What was run");
  EXPECT_EQ(titles.size(), report.sections.size() + 2);
  std::vector<std::string> contents;
  for (const Element* link : page.named("a")) {
    if (link->at("href").starts_with("#section-")) contents.push_back(link->text);
  }
  EXPECT_EQ(contents, titles);
}

TEST(ReportPage, ShowsTheManifest) {
  const std::string html = render_html(test::sample_report());
  EXPECT_THAT(html, HasSubstr("<dt>sha256</dt><dd><code>b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53</code></dd>"));
}

TEST(ReportPage, EscapesEveryTextOfAReport) {
  const std::string bad = "</p></script><script>alert(1)</script>\"'&\x02\xFE";
  Claim claim{.id = bad, .sentence = bad, .source = bad, .published = bad, .measure = bad, .unit = bad, .missing = bad};
  Claim tested = claim;
  tested.effect = Interval{1, 0, 2, 3, 4};
  Figure figure{.title = bad,
                .caption = bad,
                .x_label = bad,
                .y_label = bad,
                .series = {{.name = bad, .points = {{0, 1}}}},
                .reference_lines = {{bad, 1}}};
  Figure small = figure;
  small.is_small = true;
  const Table table{.title = bad, .caption = bad, .columns = {bad}, .rows = {{bad}}};
  const PromptView prompt{.title = bad, .caption = bad, .tokens = {{bad, 1, true}}, .answers = {{.text = bad, .note = bad}}};
  const Report report{.title = bad,
                      .question = bad,
                      .paper = bad,
                      .link = "javascript:alert(1)",
                      .claims = {claim, tested},
                      .sections = {{bad, {figure, small, table, prompt, bad}}},
                      .manifest = {{bad, bad}}};
  const Markup page = page_of(report);
  EXPECT_EQ(page.named("script").size(), 1u);
  for (const Element* link : page.named("a")) EXPECT_EQ(link->at("href")[0], '#');
}

TEST(ReportPage, OfAnEmptyReportIsAPage) {
  const Markup page = page_of(Report{});
  EXPECT_EQ(page.named("h1").at(0)->text, "Report");
  EXPECT_TRUE(page.named("nav").empty());
}

TEST(ReportPage, NeighbouringSmallFiguresShareOneLegendAndOneRange) {
  Figure low{.title = "low", .series = {{.name = "a", .points = {{0, 0}, {1, 1}}}}, .reference_lines = {{"guess", 0.5}}, .is_small = true};
  Figure high = low;
  high.title = "high";
  high.series[0].points = {{0, 90}, {1, 100}};
  const Report report{.title = "R", .sections = {{"S", {low, high, std::string("between"), low}}}};
  const Markup page = page_of(report);
  EXPECT_EQ(page.with_class("panels").size(), 2u);
  EXPECT_EQ(page.with_class("panel").size(), 2u * 3);  // the figure and its picture
  EXPECT_EQ(page.with_class("swatch").size(), 2u * 2);
  std::vector<std::string> texts;
  for (const Element* text : page.named("text")) texts.push_back(text->text);
  EXPECT_EQ(std::count(texts.begin(), texts.end(), "100"), 2) << "both panels of the first group";
}

TEST(ReportPage, ABigFigureIsDrawnForBothWidthsWithItsNumbersBelow) {
  const Report report{.title = "R", .sections = {{"S", {test::sample_figure()}}}};
  const Markup page = page_of(report);
  EXPECT_EQ(page.with_class("wide").size(), 1u);
  EXPECT_EQ(page.with_class("narrow").size(), 1u);
  EXPECT_EQ(page.named("summary").size(), 1u);
  EXPECT_THAT(render_html(report), HasSubstr(R"(<th scope="row">8</th><td class="number">59.2% <small>[57.3, 61.0]</small>)"));
}

TEST(ReportPage, SaysHowManyValuesWereLeftOut) {
  const Figure figure{.title = "T", .series = {{.name = "a", .points = {{0, 1}, {1, 0.0 / 0.0}}}}};
  EXPECT_THAT(render_html({.title = "R", .sections = {{"S", {figure}}}}), HasSubstr("1 value is left out"));
}

TEST(TableHtml, AlignsNumbersRightAndWordsLeft) {
  const Table table{.columns = {"task", "n", "value", "why"},
                    .rows = {{"sst2", "12", "84.1% [81.0, 87.0]", "ok"},
                             {"trec", "",
                              "\xE2\x88\x92"
                              "0.4 nats",
                              "3 reasons for it"}}};
  const Markup markup = read_markup(block_html(table));
  std::vector<bool> is_number;
  for (const Element* header : markup.named("th")) {
    if (header->at("scope") == "col") is_number.push_back(header->has_class("number"));
  }
  EXPECT_EQ(is_number, (std::vector<bool>{false, true, true, false}));
}

TEST(TableHtml, TakesRowsOfAnyLength) {
  const Table table{.columns = {"a"}, .rows = {{}, {"1", "2", "3"}}};
  const Markup markup = read_markup(block_html(table));
  EXPECT_EQ(markup.named("td").size(), 4u);
  EXPECT_EQ(markup.named("th").size(), 3u + 2);
  EXPECT_THAT(block_html(Table{.columns = {"a"}}), HasSubstr("No rows."));
}

TEST(PromptHtml, KeepsTheTextOfThePromptForCopying) {
  const PromptView prompt{.title = "P", .tokens = {{"a ", 5}, {" b\n\n", 6}, {"\tc", 7}}};
  const Markup markup = read_markup(block_html(prompt));
  std::string text;
  for (const Element& element : markup.elements) {
    if (element.name == "i" || element.has_class("a") || element.has_class("b")) text += element.text;
  }
  EXPECT_EQ(text.size(), std::string("a  b\n\n\tc").size());
  EXPECT_EQ(markup.with_class("sp").size(), 2u);
  EXPECT_EQ(markup.with_class("nl").size(), 2u);
  EXPECT_EQ(markup.with_class("tab").size(), 1u);
}

TEST(PromptHtml, TokensAlternateAndSayTheirIds) {
  const PromptView prompt{.title = "P", .tokens = {{"<s>", 1, true}, {"x", 42}, {"", 3}}};
  const std::string html = block_html(prompt);
  EXPECT_THAT(html, HasSubstr(R"(<span class="a special" title="token 0, id 1, special">&lt;s&gt;</span>)"));
  EXPECT_THAT(html, HasSubstr(R"(<span class="b" title="token 1, id 42">x</span>)"));
  EXPECT_THAT(html, HasSubstr(">empty<"));
}

TEST(PromptHtml, ShowsBytesAndInvisibleCharactersByName) {
  const std::string html = block_html(PromptView{.title = "P", .tokens = {{"\xE6\x98", 1}, {"\xA0", 2}, {"\xE2\x80\xAE", 3}, {"\x07", 4}}});
  for (const char* name : {">E6<", ">98<", ">A0<", ">U+202E<", ">U+0007<"}) EXPECT_THAT(html, HasSubstr(name));
}

TEST(PromptHtml, MarksTheScoredPosition) {
  PromptView prompt{.title = "P", .tokens = {{"x", 1}, {"y", 2}}};
  const std::string slot = R"(<span class="slot">)";
  EXPECT_THAT(block_html(prompt), HasSubstr(">y</span>" + slot));
  prompt.scored_after = 0;
  EXPECT_THAT(block_html(prompt), HasSubstr(">x</span>" + slot));
  prompt.scored_after = 99;
  EXPECT_THAT(block_html(prompt), HasSubstr(">y</span>" + slot));
  prompt.tokens.clear();
  EXPECT_EQ(read_markup(block_html(prompt)).with_class("slot").size(), 1u);
}

TEST(PromptHtml, SharesAreOfTheChoicesAlone) {
  PromptView prompt{.title = "P", .answers = {{"a", "", std::log(0.1)}, {"b", "", std::log(0.3), true}}};
  const std::string html = block_html(prompt);
  EXPECT_THAT(html, HasSubstr("25.0%"));
  EXPECT_THAT(html, HasSubstr("75.0%"));
  EXPECT_EQ(read_markup(html).with_class("chosen").size(), 1u);
  EXPECT_EQ(read_markup(html).with_class("target").size(), 1u);
  prompt.answers[0].score.reset();
  EXPECT_THAT(block_html(prompt), Not(HasSubstr("class=\"share\"")));
  prompt.answers = {{"a", "right answer, -1.23 nats"}};
  EXPECT_THAT(block_html(prompt), HasSubstr("right answer, -1.23 nats"));
}

}  // namespace
}  // namespace manabi::lab
