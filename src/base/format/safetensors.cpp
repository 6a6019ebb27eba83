#include "base/format/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/format/json.h"

namespace manabi::base {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are mapped as they are: little-endian");

constexpr size_t kLengthBytes = 8;    // the file begins with the length of its header
constexpr size_t kDataAlignment = 8;  // of the data in files that are written here
constexpr const char* kMetadata = "__metadata__";

struct Dtype {
  const char* name;
  int64_t bytes;
};
constexpr Dtype kDtypes[] = {{"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"U16", 2}, {"I16", 2}, {"F16", 2},
                             {"BF16", 2}, {"U32", 4}, {"I32", 4}, {"F32", 4},     {"U64", 8},     {"I64", 8}, {"F64", 8}, {"C64", 8}};

std::vector<std::string> dtype_names() {
  std::vector<std::string> names;
  for (const Dtype& dtype : kDtypes) names.push_back(dtype.name);
  return names;
}

[[noreturn]] void fail(const std::string& where, const std::string& tensor, std::string given, std::string expected = "",
                       std::string hint = "") {
  throw Error({.where = where,
               .given = "tensor " + in_quotes(tensor) + " " + std::move(given),
               .expected = std::move(expected),
               .hint = std::move(hint)});
}

// The size that dtype and shape ask for.
uint64_t bytes_of_shape(const std::string& where, const std::string& tensor, const std::string& dtype, const std::vector<int64_t>& shape) {
  int64_t bytes = safetensors_element_bytes(dtype);
  if (bytes == 0) fail(where, tensor, "has the unknown dtype " + in_quotes(dtype), "", nearest_hint(dtype, dtype_names()));
  for (const int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(bytes, extent, &bytes)) {
      fail(where, tensor, fmt::format("has the shape [{}]", fmt::join(shape, ", ")), "extents from 0 on, fewer than 2^63 bytes in all");
    }
  }
  return static_cast<uint64_t>(bytes);
}

void check_size(const std::string& where, const std::string& tensor, const std::string& dtype, const std::vector<int64_t>& shape,
                uint64_t size) {
  const uint64_t needed = bytes_of_shape(where, tensor, dtype, shape);
  if (size != needed) {
    fail(where, tensor, fmt::format("has {} bytes", size), fmt::format("{} bytes for shape [{}] of {}", needed, fmt::join(shape, ", "), dtype));
  }
}

// The text of the header, and where the data begins.
std::string_view header_of(std::span<const std::byte> bytes, const std::string& where) {
  const char* hint = "the file is damaged, its download was not finished, or it is no safetensors file";
  if (bytes.size() < kLengthBytes) {
    throw Error(
        {.where = where, .given = fmt::format("has {} bytes", bytes.size()), .expected = "a header length in the first 8", .hint = hint});
  }
  uint64_t length;
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > bytes.size() - kLengthBytes) {
    throw Error({.where = where,
                 .given = fmt::format("announces a header of {} bytes", length),
                 .expected = fmt::format("at most the {} that follow", bytes.size() - kLengthBytes),
                 .hint = hint});
  }
  return {reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, length};
}

std::map<std::string, std::string> read_metadata(const Json& json, const std::string& where) {
  const auto refuse = [&] { throw Error({.where = where, .given = "__metadata__ is not plain", .expected = "an object of texts", .hint = ""}); };
  std::map<std::string, std::string> metadata;
  if (!json.is_object()) refuse();
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string()) refuse();
    metadata.emplace(name, value.get<std::string>());
  }
  return metadata;
}

// A list of non-negative integers under `key` of a tensor's description.
std::vector<int64_t> read_integers(const Json& description, const char* key, const std::string& where, const std::string& tensor) {
  const auto found = description.find(key);
  const auto is_size = [](const Json& value) { return value.is_number_unsigned() && std::in_range<int64_t>(value.get<uint64_t>()); };
  if (found == description.end() || !found->is_array() || !std::all_of(found->begin(), found->end(), is_size)) {
    fail(where, tensor, fmt::format("has no proper '{}'", key), "a list of integers from 0 to 2^63 - 1");
  }
  return found->get<std::vector<int64_t>>();
}

SafetensorsEntry read_entry(const std::string& name, const Json& description, std::span<const std::byte> data, const std::string& where) {
  if (!description.is_object())
    fail(where, name, "is described by no object", R"({"dtype": ..., "shape": [...], "data_offsets": [begin, end]})");
  const auto dtype = description.find("dtype");
  if (dtype == description.end() || !dtype->is_string()) fail(where, name, "has no dtype", "a text such as \"F32\"");
  SafetensorsEntry entry{
      .name = name, .dtype = dtype->get<std::string>(), .shape = read_integers(description, "shape", where, name), .bytes = {}};
  const std::vector<int64_t> offsets = read_integers(description, "data_offsets", where, name);
  if (offsets.size() != 2 || offsets[0] > offsets[1]) {
    fail(where, name, fmt::format("has the data_offsets [{}]", fmt::join(offsets, ", ")), "[begin, end] with begin <= end");
  }
  const uint64_t begin = static_cast<uint64_t>(offsets[0]), end = static_cast<uint64_t>(offsets[1]);
  if (end > data.size()) {
    fail(where, name, fmt::format("ends at byte {} of the data", end), fmt::format("at most {}", data.size()),
         "the file is damaged or its download was not finished");
  }
  check_size(where, name, entry.dtype, entry.shape, end - begin);
  entry.bytes = data.subspan(begin, end - begin);
  return entry;
}

// Entries in the order of their bytes must follow each other exactly and end with the file.
void check_cover(const std::vector<SafetensorsEntry>& entries, std::span<const std::byte> data, const std::string& where) {
  const std::byte* covered = data.data();
  for (const SafetensorsEntry& entry : entries) {
    const auto begin = entry.bytes.data() - data.data(), expected = covered - data.data();
    if (begin < expected)
      fail(where, entry.name, fmt::format("begins at byte {}, inside another tensor", begin), fmt::format("byte {}", expected));
    if (begin > expected)
      fail(where, entry.name, fmt::format("leaves a hole before its first byte {}", begin), fmt::format("byte {}", expected));
    covered += entry.bytes.size();
  }
  const auto left = data.data() + data.size() - covered;
  if (left != 0) {
    throw Error(
        {.where = where, .given = fmt::format("has {} bytes behind its last tensor", left), .expected = "none", .hint = "the file is damaged"});
  }
}

Json describe(const std::vector<SafetensorsInput>& tensors, const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  size_t offset = 0;
  for (const SafetensorsInput& tensor : tensors) {
    const size_t end = offset + tensor.bytes.size();
    header[tensor.name] = {{"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  return header;
}

void check_inputs(const std::string& path, std::span<const SafetensorsInput> tensors, const std::map<std::string, std::string>& metadata) {
  std::set<std::string> names{kMetadata};
  for (const SafetensorsInput& tensor : tensors) {
    if (!is_valid_utf8(tensor.name)) fail(path, tensor.name, "cannot be written", "a name in UTF-8");
    if (!names.insert(tensor.name).second) fail(path, tensor.name, "cannot be written", "names that differ, and none that is __metadata__");
    check_size(path, tensor.name, tensor.dtype, tensor.shape, tensor.bytes.size());
  }
  for (const auto& [name, value] : metadata) {
    if (!is_valid_utf8(name) || !is_valid_utf8(value)) {
      throw Error({.where = path, .given = "metadata " + in_quotes(name) + " cannot be written", .expected = "text in UTF-8", .hint = ""});
    }
  }
}

}  // namespace

int64_t safetensors_element_bytes(const std::string& dtype) {
  const auto* found = std::find_if(std::begin(kDtypes), std::end(kDtypes), [&](const Dtype& known) { return dtype == known.name; });
  return found == std::end(kDtypes) ? 0 : found->bytes;
}

SafetensorsContents parse_safetensors(std::span<const std::byte> bytes, const std::string& where) {
  const std::string_view header_text = header_of(bytes, where);
  const std::span<const std::byte> data = bytes.subspan(kLengthBytes + header_text.size());
  const Json header = parse_json(header_text, where + " (header)");
  if (!header.is_object()) throw Error({.where = where, .given = "its header is no object", .expected = "a JSON object of tensors", .hint = ""});
  SafetensorsContents contents;
  for (const auto& [name, description] : header.items()) {
    if (name == kMetadata) {
      contents.metadata = read_metadata(description, where);
    } else {
      contents.entries.push_back(read_entry(name, description, data, where));
    }
  }
  const auto place_of = [](const SafetensorsEntry& entry) { return std::pair(entry.bytes.data(), entry.bytes.size()); };
  std::stable_sort(contents.entries.begin(), contents.entries.end(),
                   [&](const auto& left, const auto& right) { return place_of(left) < place_of(right); });
  check_cover(contents.entries, data, where);
  return contents;
}

SafetensorsFile::SafetensorsFile(const std::string& path) : file_(path), contents_(parse_safetensors(file_.bytes(), path)) {}

void write_safetensors(const std::string& path, std::span<const SafetensorsInput> tensors, const std::map<std::string, std::string>& metadata) {
  check_inputs(path, tensors, metadata);
  std::vector<SafetensorsInput> ordered(tensors.begin(), tensors.end());
  const auto width = [](const SafetensorsInput& tensor) { return safetensors_element_bytes(tensor.dtype); };
  std::stable_sort(ordered.begin(), ordered.end(), [&](const auto& left, const auto& right) { return width(left) > width(right); });
  std::string header = describe(ordered, metadata).dump();
  header.resize((header.size() + kDataAlignment - 1) / kDataAlignment * kDataAlignment, ' ');
  const uint64_t length = header.size();
  const auto text_of = [](const void* data, size_t size) { return std::string_view(static_cast<const char*>(data), size); };
  std::vector<std::string_view> parts{text_of(&length, sizeof length), header};
  for (const SafetensorsInput& tensor : ordered) parts.push_back(text_of(tensor.bytes.data(), tensor.bytes.size()));
  write_parts_atomically(path, parts);
}

}  // namespace manabi::base
