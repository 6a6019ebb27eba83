#include "text/open/word_tokenizer.h"

#include <utility>

#include "base/format/json.h"
#include "text/open/bpe_json.h"
#include "text/splitting/pieces.h"

namespace manabi::text {

// A byte-pair tokenizer without merges, whose pieces are whole tokens: a space is written as a mark in front of the word behind it, and the text
// is cut in front of each mark. Line ends count as spaces, and so does a run of either.
std::string word_tokenizer_json(std::span<const std::string> words, std::span<const std::string> specials) {
  const std::string mark(kSpaceMark);
  base::Json vocabulary = base::Json::object();
  for (size_t id = 0; id < words.size(); ++id) vocabulary[mark + words[id]] = id;
  base::Json added = base::Json::array();
  for (size_t i = 0; i < specials.size(); ++i)
    added.push_back({{"id", words.size() + i},
                     {"content", specials[i]},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  const base::Json metaspace = {{"type", "Metaspace"}, {"replacement", mark}, {"prepend_scheme", "first"}, {"split", true}};
  const base::Json one_space = {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", " "}};
  const base::Json none_at_the_end = {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+$"}}}, {"content", ""}};
  const base::Json tokenizer = {{"version", "1.0"},
                                {"truncation", nullptr},
                                {"padding", nullptr},
                                {"added_tokens", std::move(added)},
                                {"normalizer", {{"type", "Sequence"}, {"normalizers", {none_at_the_end, one_space}}}},
                                {"pre_tokenizer", metaspace},
                                {"post_processor", nullptr},
                                {"decoder", metaspace},
                                {"model", bpe_model_json(vocabulary, base::Json::array(), true)}};
  return tokenizer.dump(1) + "\n";
}

}  // namespace manabi::text
