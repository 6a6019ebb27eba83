// GGUF as a container: keys, shapes and byte ranges (versions 2 and 3, little-endian). Says nothing about models; every length is checked
// against the file before it is believed.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/file.h"

namespace manabi::base {

// Tensor encodings, by ggml's numbers. Only those that Manabi decodes have names; others are refused by the reader of weights, by number.
enum class GgufType : uint32_t { f32 = 0, f16 = 1, q4_0 = 2, q4_1 = 3, q5_0 = 6, q5_1 = 7, q8_0 = 8, q4_k = 12, q6_k = 14, bf16 = 30 };

// "Q4_1", or "type 99" for a number without a name.
std::string gguf_type_name(GgufType type);

struct GgufTensor {
  std::string name;
  std::vector<int64_t> shape;  // row-major, outermost first (the reverse of the order in the file): [rows, columns]
  GgufType type;
  std::span<const std::byte> bytes;  // inside the mapped file; empty when the type is unknown (its size is then not known either)
};

using GgufArray = std::variant<std::vector<int64_t>, std::vector<double>, std::vector<std::string>, std::vector<bool>>;
using GgufValue = std::variant<int64_t, double, bool, std::string, GgufArray>;

struct GgufContents {
  std::map<std::string, GgufValue> keys;
  std::vector<GgufTensor> tensors;  // in the order of the file; their bytes lie in the parsed span and do not overlap
};

// Reads the container from `bytes`. Throws base::Error with `where` and the key or tensor for anything that does not hold: truncation, a
// count or length past the end, an unknown kind, a name twice, an overlap, a misaligned tensor.
GgufContents parse_gguf(std::span<const std::byte> bytes, const std::string& where);

class GgufFile {
 public:
  explicit GgufFile(const std::string& path);

  const std::string& path() const { return file_.path(); }
  const MappedFile& file() const { return file_; }
  const std::map<std::string, GgufValue>& keys() const { return contents_.keys; }
  const std::vector<GgufTensor>& tensors() const { return contents_.tensors; }
  // The tensor of this name, or null.
  const GgufTensor* find(const std::string& name) const;

  // Required keys: throw base::Error naming file and key when it is missing or of another type. `or_else` variants give the default.
  int64_t integer(const std::string& key) const;
  int64_t integer(const std::string& key, int64_t or_else) const;
  double number(const std::string& key) const;  // takes an integer too
  double number(const std::string& key, double or_else) const;
  bool flag(const std::string& key, bool or_else) const;
  std::string text(const std::string& key) const;
  std::string text(const std::string& key, const std::string& or_else) const;
  const std::vector<std::string>& texts(const std::string& key) const;
  std::vector<double> numbers(const std::string& key) const;    // an array of numbers of any kind
  std::vector<int64_t> integers(const std::string& key) const;  // an array of integers
  bool has(const std::string& key) const { return contents_.keys.contains(key); }

 private:
  MappedFile file_;
  GgufContents contents_;
  std::map<std::string, size_t> places_;  // of tensors, by name
};

}  // namespace manabi::base
