// Makes GGUF files for tests, byte by byte: good ones through the plain calls, lying ones through the fields that override what is true.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/format/gguf.h"

namespace manabi::test {

class GgufWriter {
 public:
  // Lies. Each takes the place of the true value when it is set.
  std::string magic = "GGUF";
  uint32_t version = 3;
  std::optional<uint64_t> key_count, tensor_count;
  uint64_t alignment = 32;  // of the data; write the key "general.alignment" too when it is another one

  // A key of the kind that the C++ type stands for: every width of integer, float, double, bool, text.
  template <class T>
  void key(const std::string& name, const T& value) {
    if constexpr (std::is_convertible_v<T, std::string_view>) {
      raw_key(name, kText, text_bytes(value));
    } else {
      raw_key(name, kind_number<T>(), plain_bytes(value));
    }
  }

  template <class T>
  void array(const std::string& name, const std::vector<T>& values) {
    std::string elements;
    uint32_t kind;
    if constexpr (std::is_same_v<T, std::string>) {
      kind = kText;
      for (const std::string& value : values) elements += text_bytes(value);
    } else {
      kind = kind_number<T>();
      for (const T value : values) elements += plain_bytes(value);
    }
    raw_key(name, kArray, plain_bytes(kind) + plain_bytes(uint64_t{values.size()}) + elements);
  }

  // A key with a kind and a payload as given.
  void raw_key(const std::string& name, uint32_t kind, const std::string& payload) {
    keys_ += text_bytes(name) + plain_bytes(kind) + payload;
    ++keys_written_;
  }

  // shape: row-major, outermost first, as base::GgufTensor has it. The next tensor is placed behind this one unless `offset` says where.
  void tensor(const std::string& name, const std::vector<uint64_t>& shape, base::GgufType type, const std::string& bytes,
              std::optional<uint64_t> offset = std::nullopt) {
    descriptions_ += text_bytes(name) + plain_bytes(static_cast<uint32_t>(shape.size()));
    for (size_t i = shape.size(); i > 0; --i) descriptions_ += plain_bytes(shape[i - 1]);
    descriptions_ += plain_bytes(static_cast<uint32_t>(type)) + plain_bytes(offset.value_or(data_.size()));
    data_ += bytes;
    pad(data_);
    ++tensors_written_;
  }

  void tensor(const std::string& name, const std::vector<uint64_t>& shape, const std::vector<float>& values) {
    tensor(name, shape, base::GgufType::f32, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
  }

  std::string bytes() const {
    std::string file = magic + plain_bytes(version) + plain_bytes(tensor_count.value_or(tensors_written_)) +
                       plain_bytes(key_count.value_or(keys_written_)) + keys_ + descriptions_;
    pad(file);
    return file + data_;
  }

  template <class T>
  static std::string plain_bytes(T value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
  }
  static std::string text_bytes(std::string_view text) { return plain_bytes(uint64_t{text.size()}) + std::string(text); }

  static constexpr uint32_t kText = 8, kArray = 9;

  template <class T>
  static constexpr uint32_t kind_number() {
    if constexpr (std::is_same_v<T, bool>) return 7;
    if constexpr (std::is_same_v<T, float>) return 6;
    if constexpr (std::is_same_v<T, double>) return 12;
    constexpr bool is_signed = std::is_signed_v<T>;
    switch (sizeof(T)) {
      case 1:
        return is_signed ? 1 : 0;
      case 2:
        return is_signed ? 3 : 2;
      case 4:
        return is_signed ? 5 : 4;
      default:
        return is_signed ? 11 : 10;
    }
  }

 private:
  void pad(std::string& text) const { text.resize((text.size() + alignment - 1) / alignment * alignment, '\0'); }

  std::string keys_, descriptions_, data_;
  uint64_t keys_written_ = 0, tensors_written_ = 0;
};

}  // namespace manabi::test
