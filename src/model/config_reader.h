// Reading a model's config.json.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/format/json.h"

namespace manabi::model {

[[noreturn]] inline void refuse(const std::string& where, const std::string& given, const std::string& expected, const std::string& hint = "") {
  throw base::Error({.where = where, .given = given, .expected = expected, .hint = hint});
}

// Typed access to the keys of a config.json, with messages that name file and key.
class ConfigReader {
 public:
  ConfigReader(const base::Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) refuse(where_, object.dump(), "an object");
  }

  int64_t integer(const char* key) const { return required(key, integer_or_none(key)); }
  int64_t integer(const char* key, int64_t or_else) const { return integer_or_none(key).value_or(or_else); }
  double number(const char* key) const { return required(key, number_or_none(key)); }
  double number(const char* key, double or_else) const { return number_or_none(key).value_or(or_else); }

  bool flag(const char* key, bool or_else) const {
    const base::Json* value = find(key);
    if (!value) return or_else;
    if (!value->is_boolean()) refuse_value(key, *value, "true or false");
    return value->get<bool>();
  }

  std::string text(const char* key, const std::string& or_else) const {
    const base::Json* value = find(key);
    if (!value) return or_else;
    if (!value->is_string()) refuse_value(key, *value, "a text");
    return value->get<std::string>();
  }

  std::optional<ConfigReader> object(const char* key) const {
    const base::Json* value = find(key);
    if (!value) return std::nullopt;
    return ConfigReader(*value, where_ + ", " + key);
  }

  const std::string& where() const { return where_; }

 private:
  const base::Json* find(const char* key) const {
    const auto value = object_.find(key);
    return value == object_.end() || value->is_null() ? nullptr : &*value;
  }

  std::optional<int64_t> integer_or_none(const char* key) const {
    const base::Json* value = find(key);
    if (!value) return std::nullopt;
    if (!value->is_number_integer()) refuse_value(key, *value, "an integer");
    return value->get<int64_t>();
  }

  std::optional<double> number_or_none(const char* key) const {
    const base::Json* value = find(key);
    if (!value) return std::nullopt;
    if (!value->is_number()) refuse_value(key, *value, "a number");
    return value->get<double>();
  }

  template <class T>
  T required(const char* key, std::optional<T> value) const {
    if (!value) refuse(where_, fmt::format("no key '{}'", key), "the key of a model's configuration", "the file may be cut short");
    return *value;
  }

  [[noreturn]] void refuse_value(const char* key, const base::Json& value, const char* expected) const {
    refuse(fmt::format("{}, key '{}'", where_, key), value.dump(), expected);
  }

  const base::Json& object_;
  std::string where_;
};

}  // namespace manabi::model
