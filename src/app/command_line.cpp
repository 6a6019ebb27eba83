#include "app/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <ostream>

#include "base/error.h"

namespace manabi::app {
namespace {

using Given = std::vector<std::pair<std::string, std::string>>;  // flags as typed: name, text

bool is_switch(const base::OptionTable::Field& field) { return std::holds_alternative<bool*>(field.target); }

std::string flags_of(const base::OptionTable::Field& field) {
  std::string flags = "--" + field.name;
  if (!field.alias.empty()) flags += ",--" + field.alias;
  return flags;
}

std::string help_of(const base::OptionTable::Field& field) {
  std::string help = field.help;
  if (!field.allowed.empty()) {
    help += " {";
    for (size_t i = 0; i < field.allowed.size(); ++i) help += (i ? ", " : "") + field.allowed[i];
    help += "}";
  }
  const std::string now = base::OptionTable::text_of(field);
  if (!is_switch(field) && !now.empty()) help += " [" + now + "]";
  return help;
}

void declare(CLI::App& app, const base::OptionTable::Field& field, Given& given) {
  if (is_switch(field)) {
    app.add_flag_function(
        flags_of(field) + ",!--no-" + field.name,
        [&given, name = field.name](int64_t count) { given.emplace_back(name, count > 0 ? "true" : "false"); }, help_of(field));
    return;
  }
  app.add_option_function<std::string>(
         flags_of(field), [&given, name = field.name](const std::string& text) { given.emplace_back(name, text); }, help_of(field))
      ->take_last()  // a script may append to a command that has the flag already
      ->type_name(std::holds_alternative<std::string*>(field.target) ? "TEXT" : "VALUE");
}

std::vector<std::string> known_flags(const base::OptionTable& options) {
  std::vector<std::string> names;
  for (const base::OptionTable::Field& field : options.fields()) {
    names.push_back("--" + field.name);
    if (!field.alias.empty()) names.push_back("--" + field.alias);
  }
  return names;
}

}  // namespace

bool parse(CommandLine& line, std::span<const std::string> words, std::ostream& help) {
  CLI::App app(line.summary, "manabi " + line.verb);
  app.allow_extras();
  Given given;
  for (const Positional& positional : line.positionals) {
    app.add_option(positional.name, *positional.target, positional.help)->required(positional.is_required);
  }
  for (const base::OptionTable::Field& field : line.options.fields()) declare(app, field, given);

  std::vector<std::string> reversed(words.rbegin(), words.rend());  // CLI11 takes words from the back
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    help << app.help();
    return false;
  } catch (const CLI::ParseError& error) {
    throw base::Error({.where = "manabi " + line.verb, .given = error.what(), .hint = "manabi " + line.verb + " --help lists the options"});
  }
  for (const std::string& extra : app.remaining()) {
    if (!extra.starts_with("-"))
      throw base::Error(
          {.where = "manabi " + line.verb, .given = "the word '" + extra + "' is not understood", .hint = "options begin with --"});
    const std::string flag = extra.substr(0, extra.find('='));
    throw base::Error(
        {.where = "manabi " + line.verb, .given = "there is no option " + flag, .hint = base::nearest_hint(flag, known_flags(line.options))});
  }

  for (const auto& [name, text] : given)
    if (name == "config" && line.options.find("config")) line.options.set_from_toml(text);
  line.options.set_from_environment();
  for (const auto& [name, text] : given) line.options.set(name, text, "--" + name);
  return true;
}

}  // namespace manabi::app
