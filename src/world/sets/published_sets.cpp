#include "world/sets/published_sets.h"

#include <filesystem>

#include "base/error.h"

namespace manabi::world {

namespace {

using Classes = std::vector<ClassName>;
using Columns = std::vector<std::string>;
using Fields = std::vector<std::vector<std::string>>;

constexpr const char* kZhao = "github.com/tonyzhaozh/few-shot-learning (repository Apache-2.0)";
constexpr const char* kLu = "github.com/yaolu/Ordered-Prompt (repository MIT)";
constexpr const char* kTweetEval = "github.com/cardiffnlp/tweeteval (no licence stated; Twitter's terms apply)";
constexpr const char* kEthos = "github.com/intelligence-csd-auth-gr/Ethos-Hate-Speech-Dataset (GPL-3.0)";

constexpr const char* kSwappedRoles = "templates 2 and 3 call the first sentence the hypothesis although it is the premise, as published";
constexpr const char* kQuartersNote =
    "the published training and test rows come from two unseeded shuffles and overlap; here one fixed shuffle, the second half to train, the "
    "second quarter to test";
constexpr SplitShares kQuarters = {.is_shuffled = true, .train_from = 0.5, .train_to = 1, .test_from = 0.25, .test_to = 0.5};

Classes no_yes() { return {{"0", "No"}, {"1", "Yes"}}; }
Classes negative_positive() { return {{"0", "negative"}, {"1", "positive"}}; }
Classes three_way() { return {{"entailment", "Yes"}, {"neutral", "Unknown"}, {"contradiction", "No"}}; }

RowLayout json_lines(Fields fields, const std::string& label) {
  return {.format = RowFormat::json_lines, .fields = std::move(fields), .label = label};
}

RowLayout tab_separated(Columns columns, Fields fields, const std::string& label) {
  return {.format = RowFormat::table, .separator = '\t', .columns = std::move(columns), .fields = std::move(fields), .label = label};
}

RowLayout text_then_label(char separator, Columns columns) {
  return {.format = RowFormat::text_then_label, .separator = separator, .columns = columns, .fields = {{columns[0]}}, .label = columns[1]};
}

RowLayout label_then_text() {
  return {.format = RowFormat::label_then_text, .separator = ' ', .columns = {"label", "text"}, .fields = {{"text"}}, .label = "label"};
}

PublishedSet sst2() {
  return {.name = "sst2",
          .family = Family::sentiment,
          .source = kZhao,
          .reading = {label_then_text(), negative_positive(), {}},
          .train_files = {"sst2/stsa.binary.train"},
          .test_files = {"sst2/stsa.binary.dev"},
          .notes = {"whole sentences: the 6,920 of the sentence-level training split, not the 67,349 phrases"}};
}

PublishedSet financial_phrasebank() {
  RowLayout layout = text_then_label('@', {"sentence", "label"});
  layout.encoding = Encoding::latin1;
  return {.name = "financial_phrasebank",
          .family = Family::sentiment,
          .source = "Financial PhraseBank 1.0, rows on which all annotators agree (CC BY-NC-SA 3.0)",
          .reading = {layout, {{"negative", "negative"}, {"neutral", "neutral"}, {"positive", "positive"}}, {}},
          .train_files = {"financial_phrasebank/Sentences_AllAgree.txt"},
          .shares = kQuarters,
          .notes = {kQuartersNote}};
}

PublishedSet emotion() {
  return {.name = "emotion",
          .family = Family::sentiment,
          .source = "github.com/niuzaisheng/AttExplainer (repository MIT)",
          .reading = {text_then_label(';', {"text", "label_name"}),
                      {{"sadness", "sadness"}, {"joy", "joy"}, {"love", "love"}, {"anger", "anger"}, {"fear", "fear"}, {"surprise", "surprise"}},
                      {}},
          .train_files = {"emotion/train.txt"},
          .test_files = {"emotion/val.txt"}};
}

PublishedSet poem_sentiment() {
  return {.name = "poem_sentiment",
          .family = Family::sentiment,
          .source = "github.com/google-research-datasets/poem-sentiment (CC BY 4.0)",
          .reading = {tab_separated({"id", "verse", "label"}, {{"verse"}}, "label"),
                      {{"-1", "negative"}, {"1", "positive"}, {"0", "none"}, {"2", "mixed"}},
                      {}},
          .train_files = {"poem_sentiment/train.tsv"},
          .test_files = {"poem_sentiment/dev.tsv"},
          .notes = {"the published label \"no impact\" is two words and cannot be right where one token is scored; here it is \"none\"",
                    "the test split has no row of class \"mixed\""}};
}

PublishedSet mr() {
  RowLayout layout = json_lines({{"sentence"}}, "label");
  layout.unquotes_text = true;
  return {.name = "mr",
          .family = Family::sentiment,
          .source = kLu,
          .reading = {layout, negative_positive(), {}},
          .train_files = {"mr/train.jsonl"},
          .test_files = {"mr/test.jsonl"},
          .notes = {"texts that the files wrap in quotes of their own are unwrapped"}};
}

PublishedSet mpqa() {
  return {.name = "mpqa",
          .family = Family::sentiment,
          .source = kLu,
          .reading = {json_lines({{"sentence"}}, "label"), negative_positive(), {}},
          .train_files = {"mpqa/train.jsonl"},
          .test_files = {"mpqa/test.jsonl"}};
}

PublishedSet trec() {
  RowLayout layout = label_then_text();
  layout.label_ends_at = ":";
  return {.name = "trec",
          .family = Family::topic,
          .source = kZhao,
          .reading =
              {layout,
               {{"ABBR", "abbreviation"}, {"ENTY", "entity"}, {"DESC", "description"}, {"HUM", "human"}, {"LOC", "location"}, {"NUM", "number"}},
               {}},
          .train_files = {"trec/train.txt"},
          .shares = {.train_from = 0, .train_to = 0.8, .test_from = 0.8, .test_to = 1},
          .notes = {"as published: the first 80 % of the training file to train, the rest to test"}};
}

PublishedSet agnews() {
  return {.name = "agnews",
          .family = Family::topic,
          .source = kZhao,
          .reading = {{.format = RowFormat::csv, .fields = {{"Title", "Description"}}, .label = "Class Index"},
                      {{"1", "World"}, {"2", "Sports"}, {"3", "Business"}, {"4", "Technology"}},
                      {}},
          .train_files = {"agnews/test.csv"},
          .shares = {.is_shuffled = true, .train_from = 0, .train_to = 0.5, .test_from = 0.5, .test_to = 1},
          .notes = {"only the published test file is there: one fixed shuffle, half to train, half to test"}};
}

PublishedSet tweet_eval(const std::string& name, const std::string& folder, Family family, const std::string& about, Classes classes) {
  return {.name = name,
          .family = family,
          .about = about,
          .source = kTweetEval,
          .reading = {{.format = RowFormat::text_and_labels}, std::move(classes), {}},
          .train_files = {"tweet_eval/" + folder + "/train_text.txt"},
          .test_files = {"tweet_eval/" + folder + "/val_text.txt"}};
}

PublishedSet stance(const std::string& subject, const std::string& view) {
  return tweet_eval("stance_" + subject, "stance/" + subject, Family::stance, view, {{"0", "Unknown"}, {"1", "False"}, {"2", "True"}});
}

PublishedSet ethos(const std::string& column, const std::string& group) {
  return {.name = "ethos_" + column,
          .family = Family::hate_towards,
          .about = group,
          .source = kEthos,
          .reading = {{.format = RowFormat::csv, .separator = ';', .fields = {{"comment"}}, .label = column, .label_is_one_from = 0.5},
                      no_yes(),
                      {}},
          .train_files = {"ethos/Ethos_Dataset_Multi_Label.csv"},
          .shares = kQuarters,
          .notes = {kQuartersNote, "a score of 0.5 or more counts as Yes"}};
}

PublishedSet sick() {
  RowLayout layout = tab_separated({"pair_ID", "sentence_A", "sentence_B", "relatedness_score", "entailment_judgment"},
                                   {{"sentence_A"}, {"sentence_B"}}, "entailment_judgment");
  layout.adds_final_period = true;
  return {.name = "sick",
          .family = Family::inference,
          .source = "SICK (CC BY-NC-SA), from github.com/mylius/nlp_similiarity_benchmark",
          .reading = {layout, {{"ENTAILMENT", "Yes"}, {"NEUTRAL", "Unknown"}, {"CONTRADICTION", "No"}}, {}},
          .train_files = {"sick/SICK_train.txt"},
          .test_files = {"sick/SICK_trial.txt"},
          .notes = {kSwappedRoles, "a final period is added to every sentence, as published"}};
}

PublishedSet snli() {
  return {.name = "snli",
          .family = Family::inference,
          .source = "SNLI 1.0 (CC BY-SA 4.0), whose files its authors hand out",
          .reading = {json_lines({{"sentence1"}, {"sentence2"}}, "gold_label"), three_way(), {"-"}},
          .train_files = {"snli/snli_1.0_train.jsonl"},
          .test_files = {"snli/snli_1.0_dev.jsonl"},
          .notes = {kSwappedRoles}};
}

PublishedSet cb() {
  return {.name = "cb",
          .family = Family::inference,
          .source = kZhao,
          .reading = {json_lines({{"premise"}, {"hypothesis"}}, "label"), three_way(), {}},
          .train_files = {"cb/train.jsonl"},
          .test_files = {"cb/val.jsonl"},
          .notes = {kSwappedRoles}};
}

PublishedSet rte() {
  return {.name = "rte",
          .family = Family::entailment,
          .source = kZhao,
          .reading = {json_lines({{"premise"}, {"hypothesis"}}, "label"), {{"entailment", "Yes"}, {"not_entailment", "No"}}, {}},
          .train_files = {"rte/train.jsonl"},
          .test_files = {"rte/val.jsonl"},
          .notes = {kSwappedRoles}};
}

PublishedSet wnli() {
  return {.name = "wnli",
          .family = Family::entailment,
          .source = "GLUE's WNLI (no licence stated), from github.com/amrnag/Specialized-Transformers",
          .reading = {tab_separated({"index", "sentence1", "sentence2", "label"}, {{"sentence1"}, {"sentence2"}}, "label"), no_yes(), {}},
          .train_files = {"wnli/train.tsv", "wnli/val.tsv"},
          .test_files = {"wnli/dev.tsv"},
          .notes = {kSwappedRoles}};
}

PublishedSet mrpc() {
  return {.name = "mrpc",
          .family = Family::paraphrase,
          .source = "Microsoft Research Paraphrase Corpus (research terms), from github.com/wooque/text-semantic-similarity",
          .reading = {tab_separated({"Quality", "#1 ID", "#2 ID", "#1 String", "#2 String"}, {{"#1 String"}, {"#2 String"}}, "Quality"),
                      no_yes(),
                      {}},
          .train_files = {"mrpc/msr_paraphrase_train.txt"},
          .shares = {.is_shuffled = true, .train_from = 0, .train_to = 0.9, .test_from = 0.9, .test_to = 1},
          .notes = {"GLUE's validation rows are not marked in the corpus: one fixed shuffle of its training file, nine tenths to train, one to "
                    "test; its test file is left alone"}};
}

std::vector<std::string> paths_in(const std::string& folder, const std::vector<std::string>& files) {
  std::vector<std::string> paths;
  for (const std::string& file : files) paths.push_back((std::filesystem::path(folder) / file).string());
  return paths;
}

std::vector<std::string> missing_files(const PublishedSet& set, const std::string& data_folder) {
  std::vector<std::string> missing;
  const auto check = [&](const std::string& file) {
    if (data_folder.empty() || !std::filesystem::is_regular_file(std::filesystem::path(data_folder) / file)) missing.push_back(file);
  };
  for (const auto* files : {&set.train_files, &set.test_files}) {
    for (const std::string& file : *files) {
      check(file);
      if (set.reading.layout.format == RowFormat::text_and_labels) check(labels_path(file));
    }
  }
  return missing;
}

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

}  // namespace

std::vector<PublishedSet> published_sets() {
  return {
      sst2(),
      financial_phrasebank(),
      emotion(),
      tweet_eval("tweet_eval_emotion", "emotion", Family::sentiment, "", {{"0", "anger"}, {"1", "joy"}, {"2", "optimism"}, {"3", "sadness"}}),
      poem_sentiment(),
      mr(),
      mpqa(),
      trec(),
      agnews(),
      stance("atheism", "atheist"),
      stance("feminist", "feminist"),
      tweet_eval("tweet_eval_hate", "hate", Family::hate, "", no_yes()),
      ethos("race", "race"),
      ethos("gender", "gender"),
      ethos("religion", "religion"),
      ethos("national_origin", "national origin"),
      sick(),
      snli(),
      cb(),
      rte(),
      wnli(),
      mrpc()};
}

bool is_present(const PublishedSet& set, const std::string& data_folder) { return missing_files(set, data_folder).empty(); }

Dataset open_published_set(const PublishedSet& set, const std::string& data_folder) {
  const std::vector<std::string> missing = missing_files(set, data_folder);
  if (!missing.empty()) {
    throw base::Error({.where = "data set " + set.name,
                       .given = data_folder.empty() ? "no data folder was given" : "missing in " + data_folder + ": " + listed(missing),
                       .expected = data_folder.empty() ? "a folder with " + listed(missing) : "",
                       .hint = "give the folder with --data or MANABI_DATA; the text comes from " + set.source});
  }
  Dataset dataset{
      .name = set.name, .kind = kind_of(set.family), .field_names = field_names_of(set.family), .source = set.source, .notes = set.notes};
  for (const ClassName& name : set.reading.classes) dataset.label_words.push_back(name.word);
  dataset.natural = natural_templates(set.family, set.about, dataset.label_words, set.name);
  dataset.minimal = minimal_templates(dataset.field_names, set.name);

  if (set.test_files.empty()) {
    split_by_shares(read_examples(paths_in(data_folder, set.train_files), "row", set.reading, dataset.notes), set.shares, dataset);
  } else {
    dataset.train = read_examples(paths_in(data_folder, set.train_files), "train", set.reading, dataset.notes);
    dataset.test = read_examples(paths_in(data_folder, set.test_files), "test", set.reading, dataset.notes);
  }
  finish(dataset, "data set " + set.name);
  return dataset;
}

}  // namespace manabi::world
