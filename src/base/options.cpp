#include "base/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "base/format/utf8.h"

namespace manabi::base {
namespace {

using Field = OptionTable::Field;

template <class T>
constexpr bool kIsList = false;
template <class T>
constexpr bool kIsList<std::vector<T>> = true;

[[noreturn]] void refuse(const std::string& where, std::string_view text, std::string expected, std::string hint = "") {
  throw Error({.where = where, .given = in_quotes(text), .expected = std::move(expected), .hint = std::move(hint)});
}

template <class T>
T parse_number(std::string_view text, const std::string& where, const char* expected) {
  T value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem == std::errc::result_out_of_range) refuse(where, text, std::string(expected) + " that is not so large");
  if (problem != std::errc() || end != text.data() + text.size()) refuse(where, text, expected);
  return value;
}

void parse(std::string_view text, const Field& field, const std::string& where, int64_t& value) {
  const int64_t parsed = parse_number<int64_t>(text, where, "an integer");
  const bool is_bounded_above = field.most < std::numeric_limits<int64_t>::max();
  if (parsed < field.least || parsed > field.most)
    refuse(where, text,
           is_bounded_above ? fmt::format("an integer from {} to {}", field.least, field.most) : fmt::format("{} or more", field.least));
  value = parsed;
}

void parse(std::string_view text, const Field&, const std::string& where, double& value) {
  const double parsed = parse_number<double>(text, where, "a number");
  if (!std::isfinite(parsed)) refuse(where, text, "a finite number");
  value = parsed;
}

void parse(std::string_view text, const Field&, const std::string& where, bool& value) {
  if (text != "true" && text != "false" && text != "1" && text != "0") refuse(where, text, "true or false");
  value = text == "true" || text == "1";
}

void parse(std::string_view text, const Field& field, const std::string& where, std::string& value) {
  if (!is_valid_utf8(text)) refuse(where, text, "text in UTF-8");
  if (!field.allowed.empty() && std::find(field.allowed.begin(), field.allowed.end(), text) == field.allowed.end()) {
    refuse(where, text, fmt::format("one of {}", fmt::join(field.allowed, ", ")), nearest_hint(text, field.allowed));
  }
  value = text;
}

std::string_view without_blanks(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> items;
  if (without_blanks(text).empty()) return items;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    items.emplace_back(without_blanks(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return items;
}

template <class T>
void set_list(const std::vector<std::string>& items, const Field& field, const std::string& where, std::vector<T>& list) {
  std::vector<T> values;
  for (const std::string& item : items) {
    if (item.empty()) refuse(where, fmt::format("{}", fmt::join(items, ",")), "items between all commas");
    T value;
    parse(item, field, where, value);
    if (std::find(values.begin(), values.end(), value) != values.end()) refuse(where, item, "every item once");
    values.push_back(std::move(value));
  }
  list = std::move(values);
}

// What is given for one field: one text, or the items of a list.
using Given = std::variant<std::string, std::vector<std::string>>;

void assign(const Field& field, const Given& given, const std::string& where) {
  const auto into = [&]<class T>(T* target) {
    const std::string* text = std::get_if<std::string>(&given);
    if constexpr (kIsList<T>) {
      set_list(text ? split_at_commas(*text) : std::get<std::vector<std::string>>(given), field, where, *target);
    } else {
      if (!text) throw Error({.where = where, .given = "'" + field.name + "' is given a list", .expected = "one value", .hint = ""});
      parse(*text, field, where, *target);
    }
  };
  std::visit(into, field.target);
}

}  // namespace

void OptionTable::add(Field field) {
  for (const std::string& name : {field.name, field.alias}) {
    if (!name.empty() && find(name)) throw std::invalid_argument("two options are called '" + name + "'");
  }
  fields_.push_back(std::move(field));
}

void OptionTable::add_all(const OptionTable& other) {
  for (const Field& field : other.fields_) add(field);
}

const Field* OptionTable::find(std::string_view name_or_alias) const {
  const auto is_called = [&](const Field& field) {
    return field.name == name_or_alias || (!field.alias.empty() && field.alias == name_or_alias);
  };
  const auto found = std::find_if(fields_.begin(), fields_.end(), is_called);
  return found == fields_.end() ? nullptr : &*found;
}

const Field& OptionTable::required(std::string_view name, const std::string& where) const {
  if (const Field* field = find(name)) return *field;
  std::vector<std::string> names;
  for (const Field& field : fields_) {
    names.push_back(field.name);
    if (!field.alias.empty()) names.push_back(field.alias);
  }
  throw Error({.where = where, .given = "unknown option " + in_quotes(name), .expected = "", .hint = nearest_hint(name, names)});
}

void OptionTable::set(std::string_view name, std::string_view text, const std::string& where) {
  assign(required(name, where), std::string(text), where);
}

void OptionTable::set_items(std::string_view name, const std::vector<std::string>& items, const std::string& where) {
  assign(required(name, where), items, where);
}

void OptionTable::set_from_environment() {
  for (const Field& field : fields_) {
    const std::string name = environment_name(field);
    if (const char* text = std::getenv(name.c_str()); text && *text) set(field.name, text, name);
  }
}

nlohmann::ordered_json OptionTable::to_json(bool only_value_changing) const {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const Field& field : fields_) {
    if (only_value_changing && field.changes == Changes::nothing) continue;
    std::visit([&](const auto* target) { json[field.name] = *target; }, field.target);
  }
  return json;
}

std::string OptionTable::text_of(const Field& field) {
  const auto text = []<class T>(const T* target) {
    if constexpr (kIsList<T>) {
      return fmt::format("{}", fmt::join(*target, ","));
    } else {
      return fmt::format("{}", *target);
    }
  };
  return std::visit(text, field.target);
}

std::string OptionTable::environment_name(const Field& field) {
  std::string name = "MANABI_" + field.name;
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char letter) { return letter == '-' ? '_' : std::toupper(letter); });
  return name;
}

}  // namespace manabi::base
