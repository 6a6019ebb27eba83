#include "model/weights/llama2c.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <span>

#include "base/error.h"
#include "model/llama/blueprint.h"

namespace manabi::model {
namespace {

constexpr uint32_t kMagic = 0x616b3432;  // "ak42"
constexpr size_t kLegacyHeaderBytes = 28;
constexpr size_t kVersionedHeaderBytes = 256;
constexpr size_t kSharedFlagOffset = 36;

using enum LlamaTensor;

constexpr std::array kLegacyOrder = {embedding, attention_norm, query, key, value, attention_out, mlp_norm, gate, down, up, final_norm};
constexpr std::array kVersionedOrder = {attention_norm, mlp_norm, final_norm, embedding, query, key, value, attention_out, gate, down, up};

template <class T>
T value_at(std::span<const std::byte> bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// Hands out a file's float32 values front to back.
class Cursor {
 public:
  Cursor(const base::MappedFile& file, size_t begin) : file_(file), at_(begin) {}

  StoredTensor take(const std::string& name, const std::vector<int64_t>& shape) {
    size_t values = 1;
    for (const int64_t extent : shape) values *= static_cast<size_t>(extent);
    if (values > (file_.bytes().size() - at_) / 4) {
      throw base::Error({.where = file_.path(),
                         .given = fmt::format("{} bytes, which end within tensor '{}'", file_.bytes().size(), name),
                         .expected = "all tensors that the header calls for",
                         .hint = "the file is cut short, or it is not a llama2.c checkpoint"});
    }
    StoredTensor tensor{name, Encoding::f32, shape, file_.bytes().subspan(at_, values * 4), &file_};
    at_ += values * 4;
    return tensor;
  }

  size_t left() const { return file_.bytes().size() - at_; }

 private:
  const base::MappedFile& file_;
  size_t at_;
};

}  // namespace

Llama2cFile::Llama2cFile(const std::string& path) : file_(path) {
  read_header();
  check(configuration_, path);
}

void Llama2cFile::read_header() {
  const std::span<const std::byte> bytes = file_.bytes();
  const auto refuse = [&](const std::string& given, const std::string& expected) {
    throw base::Error({.where = file_.path(), .given = given, .expected = expected, .hint = "is this a llama2.c checkpoint?"});
  };
  if (bytes.size() < kLegacyHeaderBytes) refuse(fmt::format("{} bytes", bytes.size()), "a llama2.c header of 28 bytes");
  is_legacy_ = value_at<uint32_t>(bytes, 0) != kMagic;
  header_bytes_ = is_legacy_ ? kLegacyHeaderBytes : kVersionedHeaderBytes;
  if (!is_legacy_) {
    if (bytes.size() < kVersionedHeaderBytes) refuse(fmt::format("{} bytes", bytes.size()), "a llama2.c header of 256 bytes");
    const auto version = value_at<int32_t>(bytes, 4);
    if (version != 1) refuse(fmt::format("llama2.c version {}", version), "the legacy layout or version 1 (both float32)");
  }

  std::array<int32_t, 7> sizes{};
  std::memcpy(sizes.data(), bytes.data() + (is_legacy_ ? 0 : 8), sizeof sizes);
  const int64_t signed_vocabulary = sizes[5];
  configuration_.width = sizes[0];
  configuration_.mlp_width = sizes[1];
  configuration_.layers = sizes[2];
  configuration_.heads = sizes[3];
  configuration_.kv_heads = sizes[4];
  configuration_.vocabulary = std::abs(signed_vocabulary);
  configuration_.context = sizes[6];
  configuration_.head_width = configuration_.heads > 0 ? configuration_.width / configuration_.heads : 0;
  // The legacy layout tells by the vocabulary's sign whether the head is the embedding.
  configuration_.is_tied = is_legacy_ ? signed_vocabulary > 0 : value_at<uint8_t>(bytes, kSharedFlagOffset) != 0;
}

StoredWeights Llama2cFile::stored_weights() const {
  StoredWeights stored{.where = file_.path(), .naming = Naming::gguf, .rotated_rows = RotatedRows::interleaved};
  Cursor cursor(file_, header_bytes_);
  const std::vector<RequiredTensor> required = llama_blueprint(configuration_)->required_tensors();
  const auto take_role = [&](LlamaTensor role) {
    for (const RequiredTensor& tensor : required) {
      if (tensor.key.role == static_cast<int>(role) && !tensor.is_ignored) stored.tensors.push_back(cursor.take(tensor.gguf, tensor.shape));
    }
  };

  for (const LlamaTensor role : is_legacy_ ? kLegacyOrder : kVersionedOrder) take_role(role);
  // The legacy layout keeps tables of cosines and sines that nobody needs.
  if (is_legacy_) cursor.take("rotation tables", {configuration_.context, configuration_.head_width});
  if (!configuration_.is_tied) take_role(unembedding);
  if (cursor.left() != 0) {
    throw base::Error({.where = file_.path(),
                       .given = fmt::format("{} bytes behind the last tensor", cursor.left()),
                       .expected = "a file that ends with its tensors",
                       .hint = "the header's sizes belong to another model, or this is not a llama2.c checkpoint"});
  }
  return stored;
}

}  // namespace manabi::model
