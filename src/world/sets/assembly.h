// From rows of files to a finished data set: labels become classes, splits become disjoint, what was left out is counted.
#pragma once

#include <string>
#include <vector>

#include "world/dataset.h"
#include "world/sets/row_reader.h"

namespace manabi::world {

struct ClassName {
  std::string label;  // as the files have it
  std::string word;   // as the prompts show it
};

struct Reading {
  RowLayout layout;
  std::vector<ClassName> classes;
  std::vector<std::string> ignored_labels;  // rows without a usable label
};

// Shares of one row list: [from, to) of its length each. Shuffled: in a fixed order that depends on the data set's name alone.
struct SplitShares {
  bool is_shuffled = false;
  double train_from = 0, train_to = 0;
  double test_from = 0, test_to = 0;
};

// Examples of all `paths` in order, with the ids "role:0", "role:1", ... Rows without text or with an ignored label are left out, and a note
// says how many. Throws base::Error with file and line for a label that is no class.
std::vector<Example> read_examples(const std::vector<std::string>& paths, const std::string& role, const Reading& reading,
                                   std::vector<std::string>& notes);

void split_by_shares(std::vector<Example> rows, const SplitShares& shares, Dataset& dataset);
// Every other row of each class: half and half, and as balanced as the rows are.
void split_by_turns(std::vector<Example> rows, Dataset& dataset);

// Drops training rows whose text is also in the test split (and notes it), refuses an empty split or a class without training rows, hashes.
void finish(Dataset& dataset, const std::string& where);

}  // namespace manabi::world
