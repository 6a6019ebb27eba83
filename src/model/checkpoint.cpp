#include "model/checkpoint.h"

#include <filesystem>
#include <future>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/format/gguf.h"
#include "base/hash.h"
#include "model/catalogue.h"
#include "model/family.h"
#include "model/llama/blueprint.h"
#include "model/weights/hugging_face.h"
#include "model/weights/llama2c.h"

namespace manabi::model {
namespace {

namespace fs = std::filesystem;

enum class Format { gguf, safetensors, llama2c };

const char* name_of(Format format) {
  switch (format) {
    case Format::gguf:
      return "gguf";
    case Format::safetensors:
      return "safetensors";
    case Format::llama2c:
      return "llama2.c";
  }
  return "";
}

// The file or folder that the user means by a path or a short name.
std::string find_checkpoint(const std::string& path_or_name) {
  const std::string path = locate_model(path_or_name);
  if (path.empty()) {
    throw base::Error({.where = "model '" + path_or_name + "'",
                       .given = "a short name whose file is not in the cache yet",
                       .expected = "a file that was fetched",
                       .hint = "run: manabi get " + path_or_name});
  }
  return path;
}

Format format_of(const std::string& path) {
  if (fs::is_directory(path)) return Format::safetensors;
  const std::string extension = fs::path(path).extension().string();
  if (extension == ".gguf") return Format::gguf;
  if (extension == ".bin") return Format::llama2c;
  throw base::Error({.where = path,
                     .given = "a file that is no kind of checkpoint by its name",
                     .expected = "NAME.gguf, NAME.bin (llama2.c), or the folder that holds config.json and its safetensors files",
                     .hint = extension == ".safetensors" ? "give the folder instead of the file" : "rename the file if it is one of these"});
}

// A container opened and understood: the mapped file lives as long as its tensors are read.
struct OpenedFiles {
  std::optional<base::GgufFile> gguf;
  std::optional<HuggingFaceFolder> folder;
  std::optional<Llama2cFile> llama2c;
  StoredWeights stored;
  std::unique_ptr<Blueprint> blueprint;
};

StoredWeights stored_weights(const base::GgufFile& gguf) {
  StoredWeights stored{.where = gguf.path(), .naming = Naming::gguf, .rotated_rows = RotatedRows::interleaved};
  for (const base::GgufTensor& tensor : gguf.tensors()) {
    stored.tensors.push_back({tensor.name, tensor.type, tensor.shape, tensor.bytes, &gguf.file()});
  }
  return stored;
}

void open_files(Format format, const std::string& path, OpenedFiles& files) {
  switch (format) {
    case Format::gguf:
      files.gguf.emplace(path);
      files.blueprint = find_family(files.gguf->text("general.architecture"), path).from_gguf(*files.gguf);
      files.stored = stored_weights(*files.gguf);
      break;
    case Format::safetensors:
      files.folder.emplace(path);
      files.blueprint =
          find_family(files.folder->architecture(), files.folder->config_path()).from_json(files.folder->config(), files.folder->config_path());
      files.stored = files.folder->stored_weights();
      break;
    case Format::llama2c:
      files.llama2c.emplace(path);
      files.blueprint = llama_blueprint(files.llama2c->configuration());
      files.stored = files.llama2c->stored_weights();
      break;
  }
}

// llama2.c's tokenizer lies beside the weights, named after its vocabulary or not at all.
std::string llama2c_tokenizer(const std::string& path, int64_t vocabulary) {
  const fs::path folder = fs::path(path).parent_path();
  const std::string numbered = "tok" + std::to_string(vocabulary);
  for (const std::string& name : {std::string("tokenizer.bin"), std::string("tokenizer.model"), numbered + ".bin", numbered + ".model"}) {
    if (fs::exists(folder / name)) return (folder / name).string();
  }
  throw base::Error({.where = path,
                     .given = "no tokenizer beside it",
                     .expected = "tokenizer.bin, tokenizer.model, " + numbered + ".bin or " + numbered + ".model in the same folder",
                     .hint = "give its path with --tokenizer"});
}

std::unique_ptr<text::Tokenizer> open_tokenizer_for(const std::string& path, const OpenedFiles& files, const std::string& given) {
  if (!given.empty()) return text::open_tokenizer(given);
  if (files.gguf) return text::open_tokenizer(*files.gguf);
  if (files.folder) return text::open_tokenizer(path);
  return text::open_tokenizer(llama2c_tokenizer(path, files.blueprint->vocabulary()));
}

void check_tokenizer_fits(const text::Tokenizer& tokenizer, int64_t vocabulary, const std::string& path) {
  if (tokenizer.size() <= vocabulary) return;
  throw base::Error({.where = path,
                     .given = "a tokenizer of " + std::to_string(tokenizer.size()) + " tokens",
                     .expected = "at most " + std::to_string(vocabulary) + ", the model's vocabulary",
                     .hint = "the tokenizer belongs to another model"});
}

std::string hash_of(Format format, const std::string& path) {
  if (format != Format::safetensors) return base::sha256_of_file(path);
  std::string hashes;
  for (const std::string& file : HuggingFaceFolder::hashed_files(path)) hashes += base::sha256_of_file(file);
  return base::sha256(hashes);
}

}  // namespace

Checkpoint open_checkpoint(const std::string& path_or_name, const CheckpointOptions& options) {
  Checkpoint checkpoint;
  checkpoint.path = find_checkpoint(path_or_name);
  const Format format = format_of(checkpoint.path);
  checkpoint.format = name_of(format);
  checkpoint.name = fs::path(path_or_name).lexically_normal().filename().string();
  if (checkpoint.name.empty()) checkpoint.name = fs::path(path_or_name).lexically_normal().parent_path().filename().string();

  OpenedFiles files;
  open_files(format, checkpoint.path, files);
  // The weights are read by this thread and libtorch's; these two need nothing of theirs.
  auto hash = std::async(std::launch::async, [&] { return hash_of(format, checkpoint.path); });
  auto tokenizer = std::async(std::launch::async, [&] { return open_tokenizer_for(checkpoint.path, files, options.tokenizer); });
  const std::vector<RequiredTensor> required = files.blueprint->required_tensors();
  checkpoint.lm = files.blueprint->build(Weights(files.stored, required, options.threads), options.compute);
  checkpoint.tokenizer = tokenizer.get();
  checkpoint.hash = hash.get();
  check_tokenizer_fits(*checkpoint.tokenizer, files.blueprint->vocabulary(), checkpoint.path);
  return checkpoint;
}

CheckpointSummary summarize_checkpoint(const std::string& path_or_name, const std::string& tokenizer) {
  const std::string path = find_checkpoint(path_or_name);
  const Format format = format_of(path);
  OpenedFiles files;
  open_files(format, path, files);
  auto hash = std::async(std::launch::async, [&] { return hash_of(format, path); });
  CheckpointSummary summary{.context = files.blueprint->context(), .tokenizer = open_tokenizer_for(path, files, tokenizer)};
  summary.hash = hash.get();
  check_tokenizer_fits(*summary.tokenizer, files.blueprint->vocabulary(), path);
  return summary;
}

}  // namespace manabi::model
