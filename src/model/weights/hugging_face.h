// A Hugging Face folder: config.json and model.safetensors, or several safetensors files under model.safetensors.index.json.
#pragma once

#include <string>
#include <vector>

#include "base/format/json.h"
#include "base/format/safetensors.h"
#include "model/weights/weights.h"

namespace manabi::model {

class HuggingFaceFolder {
 public:
  // Throws base::Error: no config.json, no weights, an index that names a missing file or puts a tensor where it is not.
  explicit HuggingFaceFolder(const std::string& path);

  const base::Json& config() const { return config_; }
  const std::string& config_path() const { return config_path_; }
  std::string architecture() const;  // config.json's model_type
  StoredWeights stored_weights() const;

  // The files whose contents identify the checkpoint: config.json and the weights, in order of name.
  static std::vector<std::string> hashed_files(const std::string& path);

 private:
  std::string path_;
  std::string config_path_;
  base::Json config_;
  std::vector<base::SafetensorsFile> files_;
};

}  // namespace manabi::model
