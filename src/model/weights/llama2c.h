// llama2.c's .bin files: a header of sizes and the weights in float32 one after another, without names. Two layouts are read: the legacy one
// and version 1 (magic "ak42", 256-byte header, another order). Version 2 holds int8 groups and is refused.
#pragma once

#include <string>

#include "base/file.h"
#include "model/llama/configuration.h"
#include "model/weights/weights.h"

namespace manabi::model {

class Llama2cFile {
 public:
  // Throws base::Error naming the file: a header that makes no sense, a size that does not fit the header.
  explicit Llama2cFile(const std::string& path);

  const LlamaConfiguration& configuration() const { return configuration_; }
  StoredWeights stored_weights() const;

 private:
  void read_header();

  base::MappedFile file_;
  LlamaConfiguration configuration_;
  bool is_legacy_ = true;
  size_t header_bytes_ = 0;
};

}  // namespace manabi::model
