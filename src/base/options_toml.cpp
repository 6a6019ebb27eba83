// TOML files as a source of options: toml++ parses, and every value reaches its field as the text that the command line would have given.
#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/error.h"
#include "base/file.h"
#include "base/format/utf8.h"
#include "base/options.h"

namespace manabi::base {
namespace {

std::string line_of(const std::string& where, const toml::source_region& source) { return fmt::format("{}:{}", where, source.begin.line); }

std::string scalar_text(const toml::node& node, const std::string& where) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* whole = node.as_integer()) return fmt::format("{}", whole->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  throw Error({.where = line_of(where, node.source()),
               .given = "a table, a date or an array inside an array",
               .expected = "a text, a number, true, false or an array of these",
               .hint = ""});
}

std::vector<std::string> items_of(const toml::array& array, const std::string& where) {
  std::vector<std::string> items;
  for (const toml::node& node : array) items.push_back(scalar_text(node, where));
  return items;
}

toml::table parse_toml(std::string_view text, const std::string& where) {
  if (size_t bad = 0; !is_valid_utf8(text, &bad)) {
    throw Error({.where = where, .given = fmt::format("byte {} is not UTF-8", bad), .expected = "text in UTF-8", .hint = ""});
  }
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& failure) {
    const auto begin = failure.source().begin;
    throw Error({.where = fmt::format("{}:{}:{}", where, begin.line, begin.column),
                 .given = escaped(failure.description()),
                 .expected = "TOML",
                 .hint = "texts stand in quotes: device = \"cpu\""});
  }
}

}  // namespace

void OptionTable::set_from_toml(const std::string& path) { set_from_toml_text(read_text(path), path); }

void OptionTable::set_from_toml_text(std::string_view text, const std::string& where) {
  const toml::table table = parse_toml(text, where);
  for (const auto& [key, node] : table) {
    const std::string line = line_of(where, key.source());
    required(key.str(), line);
    if (const toml::array* array = node.as_array()) {
      set_items(key.str(), items_of(*array, where), line);
    } else {
      set(key.str(), scalar_text(node, where), line);
    }
  }
}

}  // namespace manabi::base
