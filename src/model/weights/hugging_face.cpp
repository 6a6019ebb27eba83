#include "model/weights/hugging_face.h"

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"

namespace manabi::model {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSingleFile = "model.safetensors";
constexpr const char* kIndexFile = "model.safetensors.index.json";

// Which file holds which tensor, as the index says.
std::map<std::string, std::string> read_index(const std::string& index_path) {
  const base::Json index = base::read_json(index_path);
  const auto refuse = [&](const std::string& key, const std::string& given, const std::string& expected) {
    throw base::Error({.where = index_path + ", key '" + key + "'", .given = given, .expected = expected});
  };
  const auto map = index.find("weight_map");
  if (map == index.end() || !map->is_object()) refuse("weight_map", "no object", "tensor names with the file that holds each");
  std::map<std::string, std::string> file_of;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string() || fs::path(file.get<std::string>()).has_parent_path())
      refuse(tensor, file.dump(), "a file's name in the same folder");
    file_of[tensor] = file.get<std::string>();
  }
  if (file_of.empty()) refuse("weight_map", "no tensors", "tensor names with the file that holds each");
  return file_of;
}

// The weight files of a folder, in order of name.
std::vector<std::string> weight_files(const fs::path& folder) {
  if (fs::exists(folder / kSingleFile)) return {(folder / kSingleFile).string()};
  if (!fs::exists(folder / kIndexFile)) {
    throw base::Error({.where = folder.string(),
                       .given = "no weights",
                       .expected = std::string(kSingleFile) + " or " + kIndexFile,
                       .hint = "convert other formats (pytorch_model.bin) to safetensors first"});
  }
  std::set<std::string> names;
  for (const auto& [tensor, file] : read_index((folder / kIndexFile).string())) names.insert((folder / file).string());
  return {names.begin(), names.end()};
}

std::optional<Encoding> encoding_of(const std::string& dtype) {
  if (dtype == "F32") return Encoding::f32;
  if (dtype == "F16") return Encoding::f16;
  if (dtype == "BF16") return Encoding::bf16;
  return std::nullopt;
}

void check_index(const fs::path& folder, const std::vector<base::SafetensorsFile>& files) {
  std::map<std::string, std::string> found_in;
  for (const base::SafetensorsFile& file : files) {
    for (const base::SafetensorsEntry& entry : file.entries()) {
      const auto [place, is_new] = found_in.emplace(entry.name, fs::path(file.path()).filename().string());
      if (!is_new) {
        throw base::Error({.where = file.path() + ", tensor '" + entry.name + "'",
                           .given = "a second tensor of this name (the first is in " + place->second + ")",
                           .expected = "each tensor in one file"});
      }
    }
  }
  const std::string index_path = (folder / kIndexFile).string();
  for (const auto& [tensor, file] : read_index(index_path)) {
    const auto found = found_in.find(tensor);
    if (found == found_in.end() || found->second != file) {
      throw base::Error({.where = index_path + ", tensor '" + tensor + "'",
                         .given = "said to be in " + file,
                         .expected = found == found_in.end() ? "in one of the files: it is in none" : "in " + found->second + ", where it is",
                         .hint = "download the folder again"});
    }
  }
}

}  // namespace

HuggingFaceFolder::HuggingFaceFolder(const std::string& path) : path_(path), config_path_((fs::path(path) / "config.json").string()) {
  if (!fs::exists(config_path_)) {
    throw base::Error({.where = path,
                       .given = "a folder without config.json",
                       .expected = "a Hugging Face folder: config.json, safetensors weights and a tokenizer",
                       .hint = "give a GGUF or .bin file by its own path"});
  }
  config_ = base::read_json(config_path_);
  for (const std::string& file : weight_files(path)) files_.emplace_back(file);
  if (!fs::exists(fs::path(path) / kSingleFile)) check_index(path, files_);
}

std::string HuggingFaceFolder::architecture() const {
  const auto type = config_.is_object() ? config_.find("model_type") : config_.end();
  if (!config_.is_object() || type == config_.end() || !type->is_string()) {
    throw base::Error({.where = config_path_, .given = "no text under 'model_type'", .expected = "the model's family, such as \"llama\""});
  }
  return type->get<std::string>();
}

StoredWeights HuggingFaceFolder::stored_weights() const {
  StoredWeights stored{.where = path_, .naming = Naming::hugging_face, .rotated_rows = RotatedRows::half_split};
  for (const base::SafetensorsFile& file : files_) {
    for (const base::SafetensorsEntry& entry : file.entries()) {
      const std::optional<Encoding> encoding = encoding_of(entry.dtype);
      if (!encoding) {
        throw base::Error({.where = file.path() + ", tensor '" + entry.name + "'",
                           .given = "dtype " + entry.dtype,
                           .expected = "F32, F16 or BF16",
                           .hint = "save the model in one of these"});
      }
      stored.tensors.push_back({entry.name, *encoding, entry.shape, entry.bytes, &file.file()});
    }
  }
  return stored;
}

std::vector<std::string> HuggingFaceFolder::hashed_files(const std::string& path) {
  std::vector<std::string> files = {(fs::path(path) / "config.json").string()};
  for (std::string& file : weight_files(path)) files.push_back(std::move(file));
  return files;
}

}  // namespace manabi::model
