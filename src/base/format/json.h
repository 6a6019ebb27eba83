// JSON with messages that name file, line and column. nlohmann-json does the parsing.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/format/utf8.h"

namespace manabi::base {

using Json = nlohmann::ordered_json;

// Parses one document. `where` is the file's name. Throws base::Error with line:column for syntax, invalid UTF-8 (with its byte
// offset), nesting deeper than 512 and a key that occurs twice in one object.
Json parse_json(std::string_view text, const std::string& where);
Json read_json(const std::string& path);

// Calls `use(value, line_number)` for each non-empty line of a JSON Lines text; errors carry `where:line:column`. Lines count from 1.
void for_each_json_line(std::string_view text, const std::string& where, const std::function<void(const Json&, int64_t)>& use);

}  // namespace manabi::base
