#include "world/sets/assembly.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/error.h"
#include "base/hash.h"
#include "base/random.h"
#include "world/texts.h"

namespace manabi::world {

namespace {

// Fixed for ever: another value would be another data set.
constexpr uint64_t kSplitSeed = 1;

int64_t class_of(const LabelledRow& row, const Reading& reading, const std::string& path) {
  std::vector<std::string> labels;
  for (const ClassName& name : reading.classes) {
    if (row.label == name.label) return static_cast<int64_t>(labels.size());
    labels.push_back(name.label);
  }
  throw base::Error({.where = path + ":" + std::to_string(row.line),
                     .given = "unknown label \"" + row.label + "\"",
                     .hint = base::nearest_hint(row.label, labels)});
}

bool lacks_text(const LabelledRow& row) {
  return std::any_of(row.fields.begin(), row.fields.end(), [](const std::string& field) { return field.empty(); });
}

std::string rows(int64_t count) { return std::to_string(count) + (count == 1 ? " row" : " rows"); }

std::vector<Example> slice(const std::vector<Example>& rows, double from, double to) {
  const auto position = [&](double share) { return rows.begin() + std::llround(share * static_cast<double>(rows.size())); };
  return {position(from), position(to)};
}

std::string split_text(const std::vector<Example>& examples) {
  // Lengths stand in front, so that no two splits spell the same text.
  const auto piece = [](const std::string& text) { return std::to_string(text.size()) + ":" + text; };
  std::string text = std::to_string(examples.size()) + "\n";
  for (const Example& example : examples) {
    text += piece(example.id) + std::to_string(example.label);
    for (const std::string& field : example.fields) text += piece(field);
  }
  return text;
}

}  // namespace

std::vector<Example> read_examples(const std::vector<std::string>& paths, const std::string& role, const Reading& reading,
                                   std::vector<std::string>& notes) {
  std::vector<Example> examples;
  int64_t index = 0, without_text = 0, without_label = 0;
  for (const std::string& path : paths) {
    for (LabelledRow& row : read_rows(path, reading.layout)) {
      const std::string id = role + ":" + std::to_string(index++);
      if (std::count(reading.ignored_labels.begin(), reading.ignored_labels.end(), row.label)) {
        ++without_label;
      } else if (lacks_text(row)) {
        ++without_text;
      } else {
        const int64_t label = class_of(row, reading, path);
        examples.push_back({.id = id, .fields = std::move(row.fields), .label = label});
      }
    }
  }
  if (without_text > 0) notes.push_back(role + ": " + rows(without_text) + " without text left out");
  if (without_label > 0) notes.push_back(role + ": " + rows(without_label) + " without an agreed label left out");
  return examples;
}

void split_by_shares(std::vector<Example> rows, const SplitShares& shares, Dataset& dataset) {
  if (shares.is_shuffled) base::Rng(kSplitSeed).child("split").child(dataset.name).shuffle(std::span<Example>(rows));
  dataset.train = slice(rows, shares.train_from, shares.train_to);
  dataset.test = slice(rows, shares.test_from, shares.test_to);
}

void split_by_turns(std::vector<Example> rows, Dataset& dataset) {
  std::vector<int64_t> seen(static_cast<size_t>(dataset.classes()), 0);
  for (Example& row : rows) {
    const bool is_even = seen[static_cast<size_t>(row.label)]++ % 2 == 0;
    (is_even ? dataset.train : dataset.test).push_back(std::move(row));
  }
}

void finish(Dataset& dataset, const std::string& where) {
  const Texts tested(dataset.test);
  const auto dropped = static_cast<int64_t>(std::erase_if(dataset.train, [&](const Example& example) { return tested.contain(example); }));
  if (dropped > 0) dataset.notes.push_back("train: " + rows(dropped) + " left out whose text is also in the test split");

  if (dataset.test.empty()) throw base::Error({.where = where, .given = "no rows to test on", .expected = "at least one"});
  std::vector<bool> has_examples(dataset.label_words.size(), false);
  for (const Example& example : dataset.train) has_examples[static_cast<size_t>(example.label)] = true;
  for (size_t label = 0; label < has_examples.size(); ++label) {
    if (has_examples[label]) continue;
    throw base::Error({.where = where,
                       .given = "no training row of class \"" + dataset.label_words[label] + "\"",
                       .expected = "at least one row of every class to demonstrate"});
  }
  dataset.hash = base::sha256(split_text(dataset.train) + split_text(dataset.test));
}

}  // namespace manabi::world
