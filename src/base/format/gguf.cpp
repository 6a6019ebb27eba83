#include "base/format/gguf.h"

#include <utility>

#include "base/error.h"
#include "base/format/utf8.h"

namespace manabi::base {
namespace {

std::string kind_of(const GgufValue& value) {
  // In the order of the variants' alternatives.
  constexpr const char* kKinds[] = {"an integer", "a number", "a flag", "a text"};
  constexpr const char* kArrayKinds[] = {"an array of integers", "an array of numbers", "an array of texts", "an array of flags"};
  const GgufArray* array = std::get_if<GgufArray>(&value);
  return array ? kArrayKinds[array->index()] : kKinds[value.index()];
}

[[noreturn]] void refuse_kind(const std::string& path, const std::string& key, const GgufValue& value, const std::string& expected) {
  throw Error({.where = path, .given = "key " + in_quotes(key) + " holds " + kind_of(value), .expected = expected, .hint = ""});
}

const GgufValue& required(const GgufFile& file, const std::string& key) {
  const auto found = file.keys().find(key);
  if (found != file.keys().end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, value] : file.keys()) names.push_back(name);
  const std::string nearest = nearest_name(key, names);
  throw Error({.where = file.path(),
               .given = "key " + in_quotes(key) + " is missing",
               .expected = "",
               .hint = nearest.empty() ? "" : "the nearest key there is " + in_quotes(nearest)});
}

template <class T>
const T& required_as(const GgufFile& file, const std::string& key, const std::string& expected) {
  const GgufValue& value = required(file, key);
  if (const T* held = std::get_if<T>(&value)) return *held;
  refuse_kind(file.path(), key, value, expected);
}

template <class T>
const T& required_array(const GgufFile& file, const std::string& key, const std::string& expected) {
  const GgufValue& value = required(file, key);
  if (const GgufArray* array = std::get_if<GgufArray>(&value)) {
    if (const T* held = std::get_if<T>(array)) return *held;
  }
  refuse_kind(file.path(), key, value, expected);
}

}  // namespace

GgufFile::GgufFile(const std::string& path) : file_(path), contents_(parse_gguf(file_.bytes(), path)) {
  for (size_t i = 0; i < tensors().size(); ++i) places_.emplace(tensors()[i].name, i);
}

const GgufTensor* GgufFile::find(const std::string& name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? nullptr : &tensors()[found->second];
}

int64_t GgufFile::integer(const std::string& key) const { return required_as<int64_t>(*this, key, "an integer"); }
int64_t GgufFile::integer(const std::string& key, int64_t or_else) const { return has(key) ? integer(key) : or_else; }

double GgufFile::number(const std::string& key) const {
  if (const int64_t* whole = std::get_if<int64_t>(&required(*this, key))) return static_cast<double>(*whole);
  return required_as<double>(*this, key, "a number");
}
double GgufFile::number(const std::string& key, double or_else) const { return has(key) ? number(key) : or_else; }

bool GgufFile::flag(const std::string& key, bool or_else) const {
  return has(key) ? required_as<bool>(*this, key, "a flag (true or false)") : or_else;
}

std::string GgufFile::text(const std::string& key) const { return required_as<std::string>(*this, key, "a text"); }
std::string GgufFile::text(const std::string& key, const std::string& or_else) const { return has(key) ? text(key) : or_else; }

const std::vector<std::string>& GgufFile::texts(const std::string& key) const {
  return required_array<std::vector<std::string>>(*this, key, "an array of texts");
}

std::vector<int64_t> GgufFile::integers(const std::string& key) const {
  return required_array<std::vector<int64_t>>(*this, key, "an array of integers");
}

std::vector<double> GgufFile::numbers(const std::string& key) const {
  if (const GgufArray* array = std::get_if<GgufArray>(&required(*this, key))) {
    if (const auto* whole = std::get_if<std::vector<int64_t>>(array)) return {whole->begin(), whole->end()};
  }
  return required_array<std::vector<double>>(*this, key, "an array of numbers");
}

}  // namespace manabi::base
