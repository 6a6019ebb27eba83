// A JSON value together with its place, so that every message names the file and the path ("$.model.merges[3]").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/format/json.h"
#include "text/tokenizer.h"

namespace manabi::text {

class JsonView {
 public:
  JsonView(const base::Json& value, std::string file, std::string path = "$") : value_(&value), file_(std::move(file)), path_(std::move(path)) {}

  const base::Json& value() const { return *value_; }
  bool is_null() const { return value_->is_null(); }
  std::string where() const { return file_ + ": " + path_; }
  const std::string& file() const { return file_; }

  // A member that is missing is null. Throws base::Error when this value is neither an object nor null.
  JsonView at(const std::string& key) const;
  std::vector<JsonView> items() const;                            // of an array
  std::vector<std::pair<std::string, JsonView>> members() const;  // of an object

  // Throw base::Error naming the place when the value is of another type. The `or_else` variants take null as absent.
  const std::string& text() const;
  std::string text(const std::string& or_else) const;
  int64_t integer() const;
  TokenId token_id() const;  // an integer from 0 to the largest id that there can be
  bool flag(bool or_else) const;

  [[noreturn]] void refuse(const std::string& given, const std::string& expected) const;

 private:
  [[noreturn]] void refuse_type(const std::string& expected) const;

  static const base::Json& null();

  const base::Json* value_;
  std::string file_;
  std::string path_;
};

}  // namespace manabi::text
