// The data sets of the papers as a table: one entry says which files a set has, how they are laid out, how they are split and phrased.
#pragma once

#include <string>
#include <vector>

#include "world/sets/assembly.h"
#include "world/sets/task_family.h"

namespace manabi::world {

struct PublishedSet {
  std::string name;
  Family family;
  std::string about;  // the target group or stance that the family's templates name
  std::string source;
  Reading reading;
  // Below the data folder. With `shares`, all rows come from `train_files` and `test_files` is empty.
  std::vector<std::string> train_files;
  std::vector<std::string> test_files;
  SplitShares shares = {};
  std::vector<std::string> notes = {};  // where we leave the published protocol, for the report
};

std::vector<PublishedSet> published_sets();

// Throws base::Error naming the files that are missing in the data folder, or a row that cannot be read.
Dataset open_published_set(const PublishedSet& set, const std::string& data_folder);

bool is_present(const PublishedSet& set, const std::string& data_folder);

}  // namespace manabi::world
