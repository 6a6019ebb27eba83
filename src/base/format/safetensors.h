// safetensors as a container: names, dtypes, shapes and byte ranges, each checked against the file. The ranges cover the data without overlap
// and without holes, as the format demands.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"

namespace manabi::base {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;  // "F32", "F16", "BF16", "F64", "I64", ...
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;  // inside the mapped file; aligned to nothing in particular
};

struct SafetensorsContents {
  std::vector<SafetensorsEntry> entries;  // in the order of their bytes
  std::map<std::string, std::string> metadata;
};

// Bytes of one element of a dtype, or 0 for a dtype that Manabi does not know.
int64_t safetensors_element_bytes(const std::string& dtype);

// Reads the container from `bytes`. Throws base::Error with `where` and the tensor for anything that does not hold.
SafetensorsContents parse_safetensors(std::span<const std::byte> bytes, const std::string& where);

class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::string& path);

  const std::string& path() const { return file_.path(); }
  const MappedFile& file() const { return file_; }
  const std::vector<SafetensorsEntry>& entries() const { return contents_.entries; }
  const std::map<std::string, std::string>& metadata() const { return contents_.metadata; }

 private:
  MappedFile file_;
  SafetensorsContents contents_;
};

// A tensor to be written: its bytes are little-endian and row-major and outlive the call.
struct SafetensorsInput {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
};

// Writes a whole file atomically (temporary neighbour, sync, rename). Tensors of wide elements come first, so that all are aligned to their
// elements. Throws base::Error for an unknown dtype, a name twice, or bytes that do not match the shape.
void write_safetensors(const std::string& path, std::span<const SafetensorsInput> tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace manabi::base
