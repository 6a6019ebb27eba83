// The GGUF reader: a cursor that believes no length, then keys, tensor descriptions and their places, in the order of the file.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
#include <type_traits>

#include "base/error.h"
#include "base/format/gguf.h"
#include "base/format/utf8.h"

namespace manabi::base {
namespace {

static_assert(std::endian::native == std::endian::little, "GGUF files are mapped as they are: little-endian");

constexpr uint32_t kMaxDimensions = 4;
constexpr uint64_t kDefaultAlignment = 32;

// The file's numbers for kinds of values.
enum class Kind : uint32_t { u8, i8, u16, i16, u32, i32, f32, flag, text, array, u64, i64, f64 };

// How a tensor type is laid out: so many bytes for each block of so many columns.
struct Encoding {
  GgufType type;
  const char* name;
  int64_t columns;
  int64_t bytes;
};
constexpr Encoding kEncodings[] = {
    {GgufType::f32, "F32", 1, 4},       {GgufType::f16, "F16", 1, 2},       {GgufType::bf16, "BF16", 1, 2},   {GgufType::q4_0, "Q4_0", 32, 18},
    {GgufType::q4_1, "Q4_1", 32, 20},   {GgufType::q5_0, "Q5_0", 32, 22},   {GgufType::q5_1, "Q5_1", 32, 24}, {GgufType::q8_0, "Q8_0", 32, 34},
    {GgufType::q4_k, "Q4_K", 256, 144}, {GgufType::q6_k, "Q6_K", 256, 210},
};

const Encoding* encoding_of(GgufType type) {
  const auto* found =
      std::find_if(std::begin(kEncodings), std::end(kEncodings), [&](const Encoding& encoding) { return encoding.type == type; });
  return found == std::end(kEncodings) ? nullptr : found;
}

// Takes values off the front of the file. `subject` is what is being read ("key 'general.name'"), for messages.
class Cursor {
 public:
  Cursor(std::span<const std::byte> bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  void set_subject(std::string subject) { subject_ = std::move(subject); }
  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }

  [[noreturn]] void fail(std::string given, std::string expected = "", std::string hint = "") const {
    throw Error({.where = where_, .given = subject_ + " " + std::move(given), .expected = std::move(expected), .hint = std::move(hint)});
  }

  template <class T>
  T take() {
    T value;
    std::memcpy(&value, take_bytes(sizeof value).data(), sizeof value);
    return value;
  }

  std::string take_text() {
    const uint64_t length = take<uint64_t>();
    const auto bytes = take_bytes(length);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  // The name of a key or tensor.
  std::string take_name() {
    std::string name = take_text();
    if (name.empty()) fail("is empty");
    return name;
  }

  // A number of things that follow, each at least `smallest` bytes long; a count that cannot fit is refused before anything is allocated.
  uint64_t take_count(const char* things, uint64_t smallest) {
    const uint64_t count = take<uint64_t>();
    if (count > remaining() / smallest)
      fail(fmt::format("announces {} {}, which do not fit into the {} bytes that are left", count, things, remaining()));
    return count;
  }

 private:
  std::span<const std::byte> take_bytes(uint64_t length) {
    if (length > remaining()) {
      fail(fmt::format("is cut off: {} bytes are needed at offset {} of a file of {}", length, position_, bytes_.size()), "",
           "the file is damaged or its download was not finished");
    }
    const auto taken = bytes_.subspan(position_, length);
    position_ += length;
    return taken;
  }

  std::span<const std::byte> bytes_;
  const std::string& where_;
  size_t position_ = 0;
  std::string subject_;
};

struct Counts {
  uint64_t tensors, keys;
};

Counts read_header(Cursor& cursor) {
  constexpr uint64_t kSmallestTensor = 8 + 1 + 4 + 4 + 8;  // name, dimensions, type, offset
  constexpr uint64_t kSmallestKey = 8 + 1 + 4 + 1;         // name, kind, value
  cursor.set_subject("the header");
  const auto magic = cursor.take<std::array<char, 4>>();
  const std::string_view letters(magic.data(), magic.size());
  const bool is_reversed = letters == "FUGG";
  if (letters != "GGUF" && !is_reversed) cursor.fail("begins with " + in_quotes(letters), "a GGUF file, which begins with 'GGUF'");
  const uint32_t version = cursor.take<uint32_t>();
  if (is_reversed || (version != 0 && (version & 0xffff) == 0))
    cursor.fail("is big-endian", "a little-endian GGUF file", "convert the model on a little-endian machine");
  if (version != 2 && version != 3)
    cursor.fail(fmt::format("says GGUF version {}", version), "version 2 or 3", "convert the model again with current tools");
  const uint64_t tensors = cursor.take_count("tensors", kSmallestTensor);
  return {tensors, cursor.take_count("keys", kSmallestKey)};
}

template <class T>
int64_t take_integer(Cursor& cursor) {
  const T value = cursor.take<T>();
  if constexpr (std::is_same_v<T, uint64_t>) {
    if (value > uint64_t{std::numeric_limits<int64_t>::max()}) cursor.fail(fmt::format("holds {}", value), "an integer below 2^63");
  }
  return static_cast<int64_t>(value);
}

bool take_flag(Cursor& cursor) {
  const uint8_t value = cursor.take<uint8_t>();
  if (value > 1) cursor.fail(fmt::format("holds the flag {}", value), "0 or 1");
  return value == 1;
}

template <class Element, class Take>
std::vector<Element> take_elements(Cursor& cursor, uint64_t smallest, Take take_one) {
  const uint64_t count = cursor.take_count("elements", smallest);
  std::vector<Element> elements;
  elements.reserve(count);
  for (uint64_t i = 0; i < count; ++i) elements.push_back(take_one(cursor));
  return elements;
}

// Calls `use.operator()<T>()` with the C++ type of an integer kind; false for the other kinds.
template <class Use>
bool with_integer_type(Kind kind, Use use) {
  switch (kind) {
    case Kind::u8:
      use.template operator()<uint8_t>();
      return true;
    case Kind::i8:
      use.template operator()<int8_t>();
      return true;
    case Kind::u16:
      use.template operator()<uint16_t>();
      return true;
    case Kind::i16:
      use.template operator()<int16_t>();
      return true;
    case Kind::u32:
      use.template operator()<uint32_t>();
      return true;
    case Kind::i32:
      use.template operator()<int32_t>();
      return true;
    case Kind::u64:
      use.template operator()<uint64_t>();
      return true;
    case Kind::i64:
      use.template operator()<int64_t>();
      return true;
    default:
      return false;
  }
}

[[noreturn]] void refuse_kind(const Cursor& cursor, Kind kind) {
  cursor.fail(fmt::format("has the unknown kind {}", static_cast<uint32_t>(kind)), "a kind from 0 to 12");
}

GgufArray read_array(Cursor& cursor) {
  const Kind kind = cursor.take<Kind>();
  GgufArray array;
  const auto read_integers = [&]<class T>() { array = take_elements<int64_t>(cursor, sizeof(T), take_integer<T>); };
  if (with_integer_type(kind, read_integers)) return array;
  switch (kind) {
    case Kind::f32:
      return take_elements<double>(cursor, sizeof(float), [](Cursor& from) { return from.take<float>(); });
    case Kind::f64:
      return take_elements<double>(cursor, sizeof(double), [](Cursor& from) { return from.take<double>(); });
    case Kind::flag:
      return take_elements<bool>(cursor, 1, take_flag);
    case Kind::text:
      return take_elements<std::string>(cursor, sizeof(uint64_t), [](Cursor& from) { return from.take_text(); });
    case Kind::array:
      cursor.fail("is an array of arrays", "an array of numbers, flags or texts");
    default:
      refuse_kind(cursor, kind);
  }
}

GgufValue read_value(Cursor& cursor) {
  const Kind kind = cursor.take<Kind>();
  GgufValue value;
  const auto read_integer = [&]<class T>() { value = take_integer<T>(cursor); };
  if (with_integer_type(kind, read_integer)) return value;
  switch (kind) {
    case Kind::f32:
      return double{cursor.take<float>()};
    case Kind::f64:
      return cursor.take<double>();
    case Kind::flag:
      return take_flag(cursor);
    case Kind::text:
      return cursor.take_text();
    case Kind::array:
      return read_array(cursor);
    default:
      refuse_kind(cursor, kind);
  }
}

std::map<std::string, GgufValue> read_keys(Cursor& cursor, uint64_t count) {
  std::map<std::string, GgufValue> keys;
  for (uint64_t i = 0; i < count; ++i) {
    cursor.set_subject(fmt::format("the name of key {} of {}", i + 1, count));
    std::string name = cursor.take_name();
    cursor.set_subject("key " + in_quotes(name));
    GgufValue value = read_value(cursor);
    if (!keys.emplace(std::move(name), std::move(value)).second) cursor.fail("occurs twice");
  }
  return keys;
}

// A tensor as it is described: where its bytes begin behind the descriptions, and how many there are (none known for a foreign type).
struct Description {
  GgufTensor tensor;
  uint64_t offset;
  std::optional<uint64_t> size;

  std::string subject() const { return "tensor " + in_quotes(tensor.name); }
};

std::vector<int64_t> read_shape(Cursor& cursor) {
  const uint32_t dimensions = cursor.take<uint32_t>();
  if (dimensions > kMaxDimensions) cursor.fail(fmt::format("has {} dimensions", dimensions), fmt::format("at most {}", kMaxDimensions));
  std::vector<int64_t> shape(dimensions);
  for (uint32_t i = 0; i < dimensions; ++i) shape[dimensions - 1 - i] = take_integer<uint64_t>(cursor);
  return shape;
}

int64_t count_elements(const Cursor& cursor, const std::vector<int64_t>& shape) {
  int64_t elements = 1;
  for (const int64_t extent : shape) {
    if (__builtin_mul_overflow(elements, extent, &elements)) {
      cursor.fail(fmt::format("has the shape [{}]", fmt::join(shape, ", ")), "fewer than 2^63 elements");
    }
  }
  return elements;
}

std::optional<uint64_t> size_in_bytes(const Cursor& cursor, const GgufTensor& tensor) {
  const int64_t elements = count_elements(cursor, tensor.shape);
  const Encoding* encoding = encoding_of(tensor.type);
  if (!encoding) return std::nullopt;
  const int64_t columns = tensor.shape.empty() ? 1 : tensor.shape.back();
  if (columns % encoding->columns != 0) {
    cursor.fail(fmt::format("has {} columns of type {}", columns, encoding->name), fmt::format("a multiple of {}", encoding->columns));
  }
  uint64_t bytes;
  if (__builtin_mul_overflow(static_cast<uint64_t>(elements / encoding->columns), static_cast<uint64_t>(encoding->bytes), &bytes)) {
    cursor.fail(fmt::format("has the shape [{}]", fmt::join(tensor.shape, ", ")), "fewer than 2^64 bytes");
  }
  return bytes;
}

std::vector<Description> read_descriptions(Cursor& cursor, uint64_t count) {
  std::vector<Description> descriptions;
  std::set<std::string> names;
  for (uint64_t i = 0; i < count; ++i) {
    cursor.set_subject(fmt::format("the name of tensor {} of {}", i + 1, count));
    Description description;
    GgufTensor& tensor = description.tensor;
    tensor.name = cursor.take_name();
    cursor.set_subject(description.subject());
    if (!names.insert(tensor.name).second) cursor.fail("occurs twice");
    tensor.shape = read_shape(cursor);
    tensor.type = cursor.take<GgufType>();
    description.offset = cursor.take<uint64_t>();
    description.size = size_in_bytes(cursor, tensor);
    descriptions.push_back(std::move(description));
  }
  return descriptions;
}

uint64_t alignment_of(Cursor& cursor, const std::map<std::string, GgufValue>& keys) {
  const auto found = keys.find("general.alignment");
  if (found == keys.end()) return kDefaultAlignment;
  cursor.set_subject("key 'general.alignment'");
  const int64_t* alignment = std::get_if<int64_t>(&found->second);
  if (!alignment) cursor.fail("is no integer", "a power of two");
  if (*alignment <= 0 || !std::has_single_bit(static_cast<uint64_t>(*alignment)))
    cursor.fail(fmt::format("is {}", *alignment), "a power of two");
  return static_cast<uint64_t>(*alignment);
}

// Gives each tensor its bytes in `data`, the part of the file behind the padding.
void place(Cursor& cursor, std::vector<Description>& descriptions, std::span<const std::byte> data, uint64_t alignment) {
  for (Description& description : descriptions) {
    cursor.set_subject(description.subject());
    const uint64_t offset = description.offset, size = description.size.value_or(0);
    if (offset % alignment != 0)
      cursor.fail(fmt::format("begins at offset {}", offset), fmt::format("a multiple of the alignment {}", alignment));
    if (offset > data.size() || size > data.size() - offset) {
      cursor.fail(fmt::format("takes {} bytes at offset {} of the {} bytes of tensor data", size, offset, data.size()),
                  "a place inside the file", "the file is damaged or its download was not finished");
    }
    description.tensor.bytes = data.subspan(offset, size);
  }
}

void refuse_overlaps(Cursor& cursor, const std::vector<Description>& descriptions) {
  std::vector<const Description*> by_place;
  for (const Description& description : descriptions) by_place.push_back(&description);
  const auto place_of = [](const Description* description) { return std::pair(description->offset, description->size.value_or(0)); };
  std::sort(by_place.begin(), by_place.end(), [&](const auto* left, const auto* right) { return place_of(left) < place_of(right); });
  for (size_t i = 1; i < by_place.size(); ++i) {
    const auto [begin, size] = place_of(by_place[i - 1]);
    cursor.set_subject(by_place[i]->subject());
    if (begin + size > by_place[i]->offset) cursor.fail("overlaps " + by_place[i - 1]->subject(), "tensors that lie one behind the other");
  }
}

// The part of the file that holds tensor data: behind the descriptions, from the next aligned offset on.
std::span<const std::byte> data_part(std::span<const std::byte> bytes, size_t described, uint64_t alignment) {
  const uint64_t begin = (described + alignment - 1) & ~(alignment - 1);
  return bytes.subspan(std::min<uint64_t>(begin, bytes.size()));
}

}  // namespace

std::string gguf_type_name(GgufType type) {
  const Encoding* encoding = encoding_of(type);
  return encoding ? encoding->name : fmt::format("type {}", static_cast<uint32_t>(type));
}

GgufContents parse_gguf(std::span<const std::byte> bytes, const std::string& where) {
  Cursor cursor(bytes, where);
  const Counts counts = read_header(cursor);
  GgufContents contents;
  contents.keys = read_keys(cursor, counts.keys);
  std::vector<Description> descriptions = read_descriptions(cursor, counts.tensors);
  const uint64_t alignment = alignment_of(cursor, contents.keys);
  place(cursor, descriptions, data_part(bytes, cursor.position(), alignment), alignment);
  refuse_overlaps(cursor, descriptions);
  for (Description& description : descriptions) contents.tensors.push_back(std::move(description.tensor));
  return contents;
}

}  // namespace manabi::base
