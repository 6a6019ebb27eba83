#include "world/sets/task_family.h"

#include "base/error.h"

namespace manabi::world {

namespace {

enum class Words { own, true_false };

struct Prompt {
  std::string source;  // with the published white space before {label}
  Words words = Words::own;
};

std::vector<Prompt> prompts_of(Family family, const std::string& about) {
  switch (family) {
    case Family::sentiment:
      return {
          {"{sentence}\nThe sentiment is {label}"}, {"{sentence}\nSentiment: {label}"}, {"{sentence.}\nThe sentiment of the text is  {label}"}};
    case Family::topic:
      return {{"{sentence.}\nThe topic is {label}"}, {"{sentence.}\nThe sentence is about {label}"}, {"{sentence.}\nSentence topic: {label}"}};
    case Family::hate:
      return {{"{sentence.}\nIs this hate speech? {label}"},
              {"{sentence.}\nIs the sentence hateful? {label}"},
              {"{sentence.}\nThe sentence contains hate speech. True or False?\nThe answer is {label}", Words::true_false}};
    case Family::hate_towards:
      return {{"{sentence.}\nIs this hate speech about " + about + "? {label}"},
              {"{sentence.}\nIs this hateful towards " + about + "? {label}"},
              {"{sentence.}\nThis is hate speech about " + about + ". True or False?\nThe answer is {label}", Words::true_false}};
    case Family::stance:
      return {{"{sentence.}\nThe stance is " + about + ". True or False?\nThe answer is: {label}"},
              {"{sentence.}\nDoes the sentence express a " + about + " view?\n{label}"},
              {"{sentence.}\nIs the stance " + about + "?\n{label}"}};
    case Family::paraphrase:
      return {{"{first}\nThe question is: {second}\nTrue or False?\nThe answer is: {label}", Words::true_false},
              {"Sentence 1: {first}\nSentence 2: {second}\nThese sentences are paraphrases. True or False?\nThe answer is: {label}",
               Words::true_false},
              {"Text: {first}\nConsider this sentence: {second}\nDoes it paraphrase the text?\n{label}"}};
    case Family::entailment:
      return {{"{first}\nThe question is: {second}\nTrue or False?\nThe answer is: {label}", Words::true_false},
              {"Hypothesis: {first}\nPremise: {second}\nDo the sentences show entailment?\n{label}"},
              {"The hypothesis is: {first}\nThe premise is: {second}\nIs this entailment?\n{label}"}};
    case Family::inference:
      return {
          {"{first}\nThe question is: {second}\nTrue, False, or Unknown?\nThe answer is: {label}", Words::true_false},
          {"Hypothesis: {first}\nPremise: {second}\nGiven the premise, is the hypothesis true? Yes, No, or Unknown?\nThe answer is: {label}"},
          {"The hypothesis is: {first}\nThe premise is: {second}\nAccording to the premise, the hypothesis is true. True, False, or "
           "Unknown?\nThe answer is: {label}",
           Words::true_false}};
  }
  throw base::Error({.given = "a task family without templates"});
}

// The same left context for every label word: one space where the published code prints none or two; a line end stays.
std::string with_clean_gap(const std::string& source) {
  const size_t label = source.find("{label}");
  const size_t gap = source.find_last_not_of(' ', label - 1) + 1;
  return source.substr(0, gap) + (source[gap - 1] == '\n' ? "" : " ") + source.substr(label);
}

PromptTemplate published_template(const std::string& source, const std::string& where) {
  return {.text = text::Template(with_clean_gap(source), where), .published = text::Template(source, where), .label_words = {}};
}

std::string as_true_or_false(const std::string& word) {
  if (word == "Yes") return "True";
  if (word == "No") return "False";
  return word;
}

std::string place(const std::string& name, const std::string& kind, size_t index) {
  return name + ": " + kind + " template " + std::to_string(index + 1);
}

}  // namespace

std::string kind_of(Family family) {
  switch (family) {
    case Family::sentiment:
      return "sentiment";
    case Family::topic:
    case Family::stance:
      return "topic";
    case Family::hate:
    case Family::hate_towards:
      return "toxicity";
    case Family::paraphrase:
    case Family::entailment:
    case Family::inference:
      return "inference";
  }
  return "";
}

std::vector<std::string> field_names_of(Family family) {
  if (kind_of(family) == "inference") return {"first", "second"};
  return {"sentence"};
}

std::vector<PromptTemplate> natural_templates(Family family, const std::string& about, const std::vector<std::string>& words,
                                              const std::string& name) {
  std::vector<PromptTemplate> templates;
  for (const Prompt& prompt : prompts_of(family, about)) {
    templates.push_back(published_template(prompt.source, place(name, "natural", templates.size())));
    for (const std::string& word : words) {
      templates.back().label_words.push_back(prompt.words == Words::true_false ? as_true_or_false(word) : word);
    }
  }
  return templates;
}

std::vector<PromptTemplate> minimal_templates(const std::vector<std::string>& fields, const std::string& name) {
  std::vector<std::string> sources;
  if (fields.size() == 1) {
    const std::string sentence = "{" + fields[0] + " .}";
    sources = {sentence + "\n{label}", sentence + "\nLabel: {label}", "Sentence: " + sentence + "\nLabel: {label}"};
  } else if (fields.size() == 2) {
    const std::string first = "{" + fields[0] + "}", second = "{" + fields[1] + "}";
    sources = {first + " [SEP] " + second + "\n{label}", first + " [SEP] " + second + "\nLabel:{label}",
               "Sentence 1: " + first + "\nSentence 2: " + second + "\nLabel: {label}"};
  }
  std::vector<PromptTemplate> templates;
  for (const std::string& source : sources) templates.push_back(published_template(source, place(name, "minimal", templates.size())));
  return templates;
}

}  // namespace manabi::world
