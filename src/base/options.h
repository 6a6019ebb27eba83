// One table of fields per options struct. From it come the flags, the environment twins, TOML files, --help, the manifest of a run and the
// part of a cell's key that its options make.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace manabi::base {

// Whether a field can change a measured value. Grid lists, threads and batch sizes cannot, so they stay out of a cell's key.
enum class Changes { nothing, value };

class OptionTable {
 public:
  using Target = std::variant<bool*, int64_t*, double*, std::string*, std::vector<int64_t>*, std::vector<double>*, std::vector<std::string>*>;

  struct Field {
    std::string name;  // long flag without dashes: "white-space"
    std::string help;  // one line, with the unit
    Target target;     // the member that the field fills; outlives the table
    Changes changes = Changes::nothing;
    std::vector<std::string> allowed;  // for strings and lists of strings: the only values taken; empty = any
    std::string alias;                 // a second long flag, or ""
    // For integers and lists of integers: the range that is taken.
    int64_t least = std::numeric_limits<int64_t>::min();
    int64_t most = std::numeric_limits<int64_t>::max();
  };

  // Throws std::invalid_argument for a name or alias that is taken: a mistake of the program, not of its user.
  void add(Field field);
  void add_all(const OptionTable& other);

  const std::vector<Field>& fields() const { return fields_; }
  const Field* find(std::string_view name_or_alias) const;

  // Parses `text` into the field ("0,4,8" for lists, "" for an empty one, "true"/"false"/"1"/"0" for bools). A list is a sweep, so an item that
  // occurs twice is refused. `where` names the source for the message ("--shots", "MANABI_SHOTS", "study.toml:3"). Throws base::Error for an
  // unknown name (with the nearest one), a malformed or a refused value.
  void set(std::string_view name, std::string_view text, const std::string& where);
  // The same for a list whose items are already apart; they may hold commas.
  void set_items(std::string_view name, const std::vector<std::string>& items, const std::string& where);

  // Reads MANABI_<NAME> for every field that is present in the environment ('-' becomes '_'). An empty variable counts as absent.
  void set_from_environment();

  // Reads a TOML file of `name = value` lines (arrays for lists); an unknown key, a value of another type or a table is an error with file
  // and line.
  void set_from_toml(const std::string& path);
  void set_from_toml_text(std::string_view text, const std::string& where);

  // The current values, in table order. `only_value_changing` keeps the fields that belong into a cell's key.
  nlohmann::ordered_json to_json(bool only_value_changing = false) const;

  // The current value of one field as it would be typed: `set` takes it back.
  static std::string text_of(const Field& field);
  static std::string environment_name(const Field& field);

 private:
  const Field& required(std::string_view name, const std::string& where) const;

  std::vector<Field> fields_;
};

}  // namespace manabi::base
