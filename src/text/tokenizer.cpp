#include "text/tokenizer.h"

#include <algorithm>
#include <filesystem>
#include <functional>

#include "base/error.h"
#include "text/open/open.h"

namespace manabi::text {
namespace {

namespace fs = std::filesystem;

// Opens whatever a file's name says it is; nullptr when the name says nothing.
std::unique_ptr<Tokenizer> open_file(const fs::path& path) {
  const fs::path folder = path.parent_path();
  const std::string name = path.filename().string();
  if (name == "vocab.json") return open_vocabulary_and_merges(path.string(), (folder / "merges.txt").string());
  if (name == "encoder.json") return open_vocabulary_and_merges(path.string(), (folder / "vocab.bpe").string());
  if (path.extension() == ".json") return open_tokenizer_json(path.string());
  if (path.extension() == ".model") return open_sentencepiece(path.string());
  if (path.extension() == ".bin") return open_llama2c(path.string());
  if (path.extension() == ".gguf") return open_tokenizer(base::GgufFile(path.string()));
  return nullptr;
}

// The one file of the folder whose name begins and ends so; nothing when there are several.
std::optional<fs::path> only_file(const fs::path& folder, const std::string& prefix, const std::string& suffix) {
  std::optional<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || !name.starts_with(prefix) || !name.ends_with(suffix)) continue;
    if (found) return std::nullopt;
    found = entry.path();
  }
  return found;
}

std::unique_ptr<Tokenizer> open_folder(const fs::path& folder) {
  for (const char* name : {"tokenizer.json", "tokenizer.model", "vocab.json", "encoder.json", "tokenizer.bin"})
    if (fs::exists(folder / name)) return open_file(folder / name);
  for (const auto& [prefix, suffix] : {std::pair("", ".model"), std::pair("tok", ".bin"), std::pair("", ".gguf")})
    if (const std::optional<fs::path> file = only_file(folder, prefix, suffix)) return open_file(*file);
  throw base::Error({.where = folder.string(),
                     .given = "the folder holds no tokenizer",
                     .expected =
                         "tokenizer.json, tokenizer.model, vocab.json with merges.txt, encoder.json with vocab.bpe, tokenizer.bin, or one "
                         "file *.model, tok*.bin or *.gguf",
                     .hint = "copy the tokenizer's files beside the checkpoint, or name them"});
}

}  // namespace

std::string Tokenizer::decode(std::span<const TokenId> ids) const {
  std::string text;
  for (const TokenId id : ids) text += bytes_of(id);
  return text;
}

std::unique_ptr<Tokenizer> open_tokenizer(const std::string& path) {
  if (!fs::exists(path)) throw base::Error({.where = path, .given = "there is no such file or folder", .expected = "a tokenizer"});
  if (fs::is_directory(path)) return open_folder(path);
  if (auto tokenizer = open_file(path)) return tokenizer;
  throw base::Error({.where = path,
                     .given = "the file's name says nothing about its kind",
                     .expected = "a name that ends in .gguf, .json (tokenizer.json, vocab.json, encoder.json), .model or .bin"});
}

}  // namespace manabi::text
