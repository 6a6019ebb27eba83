#include "tests/lab/report/report_sample.h"

#include <fmt/format.h>

#include <cmath>

namespace manabi::test {
namespace {

using namespace lab;

constexpr double kShots[] = {0, 4, 8, 16, 32};

Point accuracy(double shots, double value, double half_width, int64_t n) {
  return {.x = shots, .y = value, .low = value - half_width * 1.02, .high = value + half_width * 0.98, .n = n};
}

Series curve(const std::string& name, double start, double rise, double half_width, int64_t n) {
  Series series{.name = name};
  for (const double shots : kShots) {
    const double reached = 1 - std::exp(-shots / 9);
    const double wobble = 0.008 * std::sin(shots * 1.7 + start * 40);
    series.points.push_back(accuracy(shots, start + rise * reached + wobble, half_width * (1 + shots / 60), n));
  }
  return series;
}

Series published(const std::string& setting, double at_8, double at_16, double at_32) {
  return {.name = "LLaMA-7B, " + setting, .points = {{8, at_8}, {16, at_16}, {32, at_32}}, .is_published = true, .counterpart = setting};
}

Figure panel(const std::string& task, double chance, double height) {
  Figure figure{.title = task, .caption = "60 items, 8 draws", .x_label = "K", .x_scale = Scale::log2, .y_is_share = true, .is_small = true};
  figure.series = {curve("GOLD", chance + 0.16 * height, 0.22 * height, 0.035, 480),
                   curve("RANDOM", chance + 0.15 * height, 0.02 * height, 0.04, 480),
                   curve("ABSTRACT", chance + 0.01, 0.19 * height, 0.045, 480)};
  figure.reference_lines = {{"uniform guess", chance}};
  return figure;
}

Figure symbols() {
  Figure figure{.title = "ABSTRACT by kind of symbol",
                .caption = "K = 16, the smallest tasks of each type; whiskers are 95% intervals over draws and items.",
                .x_label = "task type",
                .y_label = "accuracy",
                .x_scale = Scale::category,
                .categories = {"sentiment", "topic and stance", "toxicity", "natural language inference", "paraphrase"},
                .y_is_share = true};
  int64_t shift = 0;
  for (const char* name : {"numbers", "letters", "symbols"}) {
    Series series{.name = name};
    for (int64_t index = 0; index < 5; ++index) {
      const double value = 0.62 - 0.045 * static_cast<double>(index) - 0.022 * static_cast<double>(shift) + (index == 3 ? 0.03 : 0);
      series.points.push_back(accuracy(static_cast<double>(index), value, 0.03 + 0.004 * static_cast<double>(index), 320));
    }
    figure.series.push_back(series);
    ++shift;
  }
  figure.reference_lines = {{"uniform guess", 0.41}};
  return figure;
}

Figure empty_figure() {
  return {.title = "Accuracy over model size",
          .caption = "Only one model was given.",
          .x_label = "parameters",
          .y_label = "accuracy",
          .y_is_share = true};
}

Table accuracy_table() {
  return {
      .title = "Accuracy by task at K = 16",
      .caption = "95% intervals in brackets. Published: LLaMA-7B, K = 16, the first eight tasks of the appendix.",
      .columns = {"task", "classes", "items", "draws", "GOLD", "RANDOM", "ABSTRACT", "published G / R / A"},
      .rows = {
          {"sst2", "2", "120", "8", "84.1% [81.0, 87.0]", "71.9% [67.2, 76.4]", "61.2% [57.0, 65.5]", "\xE2\x80\x93"},
          {"tweet_eval_stance_feminist", "3", "67", "8", "45.3% [40.2, 50.6]", "40.4% [35.1, 45.6]", "36.0% [31.4, 40.8]", ".45 / .41 / .35"},
          {"financial_phrasebank", "3", "120", "8", "72.4% [68.8, 75.9]", "60.1% [55.5, 64.8]", "45.9% [41.9, 50.3]", ".72 / .65 / .46"},
          {"ethos_national_origin", "2", "43", "8", "66.7% [60.1, 73.0]", "58.9% [51.7, 65.8]", "52.6% [46.0, 59.4]", "\xE2\x80\x93"},
          {"sick", "3", "120", "8", "36.2% [32.8, 39.7]", "31.4% [27.7, 35.3]", "42.9% [39.3, 46.6]", ".36 / .31 / .43"}}};
}

// Cuts a text as a byte-level tokenizer might: a space goes with the word behind it, long words fall into pieces, some characters into bytes.
std::vector<PromptView::Token> cut(const std::string& text) {
  std::vector<PromptView::Token> tokens;
  const auto add = [&](const std::string& piece) {
    int64_t id = 257;
    for (const char byte : piece) id = (id * 31 + static_cast<unsigned char>(byte)) % 49152;
    tokens.push_back({piece, id, false});
  };
  std::string piece;
  for (const char byte : text) {
    const bool is_break = byte == ' ' || byte == '\n';
    const size_t longest = (piece.empty() || (piece[0] & 0x80) == 0) ? 5 : 4;
    const bool joins_newline = byte == '\n' && !piece.empty() && piece.back() == '\n';
    if (!piece.empty() && !joins_newline && (is_break || piece.size() >= longest || piece.back() == '\n')) {
      add(piece);
      piece.clear();
    }
    piece += byte;
  }
  if (!piece.empty()) add(piece);
  return tokens;
}

const char* const kReviews[][2] = {
    {"a gorgeous, witty, seductive movie .", "positive"},
    {"the plot is so thin that the actors seem to look for it themselves .", "negative"},
    {"\xE6\x98\xA0\xE7\x94\xBB\xE3\x81\xAF\xE6\x9C\x9F\xE5\xBE\x85\xE4\xBB\xA5\xE4\xB8\x8A\xE3\x81\xAB\xE9\x9D\xA2\xE7\x99\xBD\xE3\x81\x8B\xE3"
     "\x81\xA3\xE3\x81\x9F\xE3\x80\x82 \xF0\x9F\x8E\xAC",
     "positive"},
    {"Donaudampfschifffahrtselektrizit\xC3\xA4tenhauptbetriebswerkbauunterbeamtengesellschaft is the only joke in it , and it is told four "
     "times .",
     "negative"},
    {"\xD0\xBD\xD0\xB0\xD1\x81\xD1\x82\xD0\xBE\xD1\x8F\xD1\x89\xD0\xB5\xD0\xB5 \xD0\xBE\xD1\x82\xD0\xBA\xD1\x80\xD1\x8B\xD1\x82\xD0\xB8\xD0\xB5 "
     ", warm & patient <and> never \"cute\" .",
     "positive"},
    {"\xD9\x81\xD9\x8A\xD9\x84\xD9\x85 \xD8\xB7\xD9\x88\xD9\x8A\xD9\x84 \xD8\xAC\xD8\xAF\xD8\xA7 , two hours that feel like five .", "negative"},
    {"every frame is composed with care ,\tand the last one stays with you .", "positive"},
    {"it ends , which is the kindest thing that one can say about it .", "negative"}};

std::string label_in(const std::string& setting, const std::string& label, size_t index) {
  if (setting == "ABSTRACT") return label == "positive" ? "1" : "0";
  if (setting == "RANDOM") return index % 3 == 0 ? "positive" : "negative";
  return label;
}

}  // namespace

Figure sample_figure() {
  Figure figure{.title = "Accuracy against the number of demonstrations",
                .caption =
                    "Mean over 8 tasks and 3 templates; 95% intervals from a bootstrap over 8 draws and 3840 items. Dashed: the published "
                    "model nearest in size, "
                    "on the first eight tasks of the paper's tables.",
                .x_label = "K, demonstrations in the prompt",
                .y_label = "accuracy, mean over tasks",
                .x_scale = Scale::log2,
                .y_is_share = true};
  figure.series = {curve("GOLD", 0.5, 0.145, 0.016, 3840),       curve("RANDOM", 0.495, -0.012, 0.019, 3840),
                   curve("ABSTRACT", 0.405, 0.117, 0.021, 3840), published("GOLD", 0.594, 0.591, 0.594),
                   published("RANDOM", 0.532, 0.516, 0.505),     published("ABSTRACT", 0.455, 0.502, 0.535)};
  figure.reference_lines = {{"uniform guess", 0.391}, {"majority class", 0.452}};
  return figure;
}

std::vector<Claim> sample_claims() {
  const std::string paper = "Pan et al. 2023, ";
  return {
      {.id = "gold-above-random",
       .sentence = "With true labels the model does better than with random ones at the largest K.",
       .source = paper + "figure 2 and tables 4 to 12",
       .published = "+8.9 points (LLaMA-7B, K = 32)",
       .measure = "accuracy at K = 32, GOLD minus RANDOM, mean over 8 tasks",
       .unit = "points",
       .direction = Direction::above,
       .margin = 2,
       .effect = Interval{15.31, 12.74, 17.92, 3840, 8}},
      {.id = "random-flat-in-shots",
       .sentence = "Random labels gain nothing from more demonstrations: recognising a task does not need them.",
       .source = paper + "section 4.1",
       .published = "\xE2\x88\x92"
                    "2.7 points from K = 8 to 32 (LLaMA-7B)",
       .measure = "accuracy at K = 32 minus K = 8, RANDOM",
       .unit = "points",
       .direction = Direction::equivalent,
       .margin = 2,
       .effect = Interval{-0.62, -1.55, 0.31, 3840, 8}},
      {.id = "abstract-grows",
       .sentence = "With abstract symbols, which leave only the demonstrations to learn from, accuracy grows with K.",
       .source = paper + "figure 3",
       .published = "+8.0 points from K = 8 to 32 (LLaMA-7B)",
       .measure = "accuracy at K = 32 minus K = 4, ABSTRACT",
       .unit = "points",
       .direction = Direction::above,
       .margin = 2,
       .effect = Interval{6.84, 4.02, 9.61, 3840, 8}},
      {.id = "abstract-beats-random",
       .sentence = "At the largest K the abstract setting overtakes the random one.",
       .source = paper + "section 4.2",
       .published = "+3.0 points (LLaMA-7B, K = 32)",
       .measure = "accuracy at K = 32, ABSTRACT minus RANDOM",
       .unit = "points",
       .direction = Direction::above,
       .margin = 0,
       .effect = Interval{2.9, -0.4, 6.1, 3840, 8}},
      {.id = "zero-shot-equal",
       .sentence = "Without demonstrations GOLD and RANDOM are the same prompt, so their accuracies are equal.",
       .source = "by construction",
       .published = "not stated",
       .measure = "accuracy at K = 0, GOLD minus RANDOM",
       .unit = "points",
       .direction = Direction::equivalent,
       .margin = 2,
       .effect = Interval{0, 0, 0, 480, 1}},
      {.id = "symbols-harder",
       .sentence = "Special symbols are at least five points harder than numbers.",
       .source = paper + "figure 6",
       .published = "a curve only, no numbers",
       .measure = "accuracy at K = 16, symbols minus numbers, ABSTRACT",
       .unit = "points",
       .direction = Direction::below,
       .margin = -5,
       .effect = Interval{-2.21, -3.9, -0.52, 1600, 8}},
      {.id = "grows-with-size",
       .sentence = "The gain of abstract labels from K = 8 to K = 32 grows with the size of the model.",
       .source = paper + "figures 2 and 4",
       .published = "OPT: \xE2\x88\x92"
                    "2 points at 350M, +14 points at 66B",
       .measure = "slope of the gain over log2 of parameters, ABSTRACT",
       .unit = "points",
       .direction = Direction::above,
       .margin = 0.5,
       .missing =
           "Needs at least two models: 480 cells with model other than smollm2-135m. Give several, for instance --model smollm2,smollm2-360m."}};
}

PromptView sample_prompt(const std::string& setting) {
  PromptView prompt{.title = setting + ", K = 16", .caption = "sst2, template 1, draw 0, item 17."};
  std::string text;
  for (size_t index = 0; index < 8; ++index) {
    text += std::string(kReviews[index][0]) + (setting == "ABSTRACT" ? "\nLabel: " : "\nThe sentiment is ") +
            label_in(setting, kReviews[index][1], index) + "\n\n\n";
  }
  text +=
      std::string("an utterly compelling who wrote it in which the reputation of the most famous author who ever lived comes into question .") +
      (setting == "ABSTRACT" ? "\nLabel: " : "\nThe sentiment is");
  prompt.tokens = cut(text);
  prompt.tokens.insert(prompt.tokens.begin(), {"<|im_start|>", 1, true});
  const bool is_abstract = setting == "ABSTRACT";
  prompt.answers = {{is_abstract ? "0" : " negative", "", is_abstract ? -0.913 : -2.318, false},
                    {is_abstract ? "1" : " positive", "", is_abstract ? -0.874 : -0.402, true}};
  if (setting == "RANDOM") prompt.answers[0].note = "the label of five of the eight demonstrations";
  return prompt;
}

Report sample_report() {
  Report report{.title = "Does in-context learning recognise a task, or learn it?",
                .question =
                    "When demonstrations help, does the model recognise a task that it knew, or learn the mapping from input to label? The same "
                    "inputs are shown "
                    "under true, random and abstract labels.",
                .paper =
                    "Jane Pan, Tianyu Gao, Howard Chen, Danqi Chen. What In-Context Learning \"Learns\" In-Context: Disentangling Task "
                    "Recognition and Task Learning. Findings of ACL 2023.",
                .link = "https://arxiv.org/abs/2305.09731",
                .claims = sample_claims()};
  Section overview{.title = "Accuracy against K", .blocks = {sample_figure()}};
  overview.blocks.emplace_back(
      std::string("Recognition shows as the height of RANDOM above the uniform guess, learning as the rise of ABSTRACT. Items whose prompt is "
                  "too long at K = 32 "
                  "were dropped at every K and setting: 12 of 3852."));
  Section tasks{.title = "Each task by itself", .blocks = {}};
  const std::pair<const char*, double> names[] = {
      {"sst2", 0.5},     {"trec", 1.0 / 6}, {"financial_phrasebank", 1.0 / 3}, {"emotion", 1.0 / 6}, {"tweet_eval_hate", 0.5},
      {"snli", 1.0 / 3}, {"mrpc", 0.5},     {"ethos_national_origin", 0.5}};
  double height = 1;
  for (const auto& [name, chance] : names) {
    tasks.blocks.emplace_back(panel(name, chance, height));
    height -= 0.09;
  }
  tasks.blocks.emplace_back(accuracy_table());
  Section kinds{.title = "Kinds of symbols", .blocks = {symbols(), empty_figure()}};
  Section prompts{.title = "Prompts as the model read them", .blocks = {}};
  for (const char* setting : {"GOLD", "RANDOM", "ABSTRACT"}) prompts.blocks.emplace_back(sample_prompt(setting));
  report.sections = {overview, tasks, kinds, prompts};
  report.manifest = {{"study", "recognition, version 1"},
                     {"model", "smollm2-135m-instruct, Llama family, 134,515,008 parameters"},
                     {"model file", "SmolLM2-135M-Instruct.Q4_1.gguf"},
                     {"sha256", "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"},
                     {"options", "--scale full --shots 0,4,8,16,32 --templates 1,2,3 --items 60 --seeds 8 --white-space clean"},
                     {"dtype, device", "float32, CPU, 2 threads"},
                     {"cells", "1 440 of 1 920 measured"},
                     {"time", "1 h 42 min"}};
  return report;
}

}  // namespace manabi::test
