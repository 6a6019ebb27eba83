// Tasks that turn one short text into another: letters, facts, forms of words, translations. What task vectors and function vectors are read
// from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace manabi::world {

struct Mapping {
  std::string input, output;
};

// How a predicted token is compared with an answer, both without the white space around them. exact: equal. prefix: one is the beginning of the
// other and neither is empty, for answers of several tokens (Hendel et al. 2023).
enum class AnswerRule { exact, prefix };

bool is_right(AnswerRule rule, std::string_view predicted, std::string_view answer);

struct MappingTask {
  std::string name;  // "next_letter"
  std::string kind;  // "algorithmic", "translation", "linguistic", "knowledge"
  AnswerRule rule = AnswerRule::exact;
  std::vector<Mapping> pairs;  // in the order of their file; every input once
  std::string source;          // for the report
  std::string hash;            // of the pairs
};

// The eighteen tasks of Hendel et al. 2023, and some of Todd et al. 2024, their six main ones first.
enum class MappingCollection { task_vectors, function_vectors };

class MappingCatalogue {
 public:
  // `data_folder` may be "". A file of it stands before a built-in list of the same name.
  MappingCatalogue(std::string assets_folder, std::string data_folder);

  struct Entry {
    std::string name, kind;
    bool is_present = false;
    bool is_built_in = false;
  };
  std::vector<Entry> entries(MappingCollection collection) const;  // in their order

  // Throws base::Error for an unknown name (with the nearest), a task that is not here (which file it needs) and a damaged file (which line or
  // key).
  MappingTask open(const std::string& name) const;

 private:
  std::string path_in_data(const std::string& name) const;  // "" where there is none

  std::string assets_folder_, data_folder_;
};

}  // namespace manabi::world
