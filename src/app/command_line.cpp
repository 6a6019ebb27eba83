#include "app/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdlib>
#include <ostream>

#include "base/error.h"

namespace manabi::app {
namespace {

using Words = std::vector<std::string>;
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

// CLI11 would take the text of --json=maybe for a number.
void check_switch(const CommandLine& line, const std::string& word) {
  const size_t equals = word.find('=');
  if (!word.starts_with("--") || equals == std::string::npos) return;
  const base::OptionTable::Field* field = line.options.find(word.substr(2, equals - 2));
  const std::string text = word.substr(equals + 1);
  if (!field || !is_switch(*field) || text == "true" || text == "false") return;
  throw base::Error({.where = "--" + field->name, .given = "'" + text + "'", .expected = "true or false, or the switch alone"});
}

// Gives the texts behind "--" to the positionals that are still empty, in order.
void place(CommandLine& line, std::span<const std::string> texts) {
  auto text = texts.begin();
  for (const Positional& positional : line.positionals) {
    if (text == texts.end()) break;
    if (positional.target->empty()) *positional.target = *text++;
  }
  if (text != texts.end()) throw base::Error({.where = "manabi " + line.verb, .given = "the text '" + *text + "' behind -- is one too many"});
}

// The TOML file that was named by flag or, weaker, by the environment; "" for none.
std::string config_file(const CommandLine& line, const Given& given) {
  const base::OptionTable::Field* field = line.options.find("config");
  if (!field) return "";
  const char* named = std::getenv(base::OptionTable::environment_name(*field).c_str());
  std::string file = named ? named : "";
  for (const auto& [name, text] : given)
    if (name == field->name) file = text;
  return file;
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
  // Behind "--" stand texts, whatever they begin with.
  const auto dashes = std::ranges::find(words, "--");
  const Words own(words.begin(), dashes), texts(dashes == words.end() ? dashes : dashes + 1, words.end());
  CLI::App app(line.summary, "manabi " + line.verb);
  app.allow_extras();
  Given given;
  for (const Positional& positional : line.positionals) {
    app.add_option(positional.name, *positional.target, positional.help)->required(positional.is_required && texts.empty());
  }
  for (const base::OptionTable::Field& field : line.options.fields()) declare(app, field, given);

  for (const std::string& word : own) check_switch(line, word);
  std::vector<std::string> reversed(own.rbegin(), own.rend());  // CLI11 takes words from the back
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

  place(line, texts);

  const std::string file = config_file(line, given);
  if (!file.empty()) line.options.set_from_toml(file);
  line.options.set_from_environment();
  for (const auto& [name, text] : given) line.options.set(name, text, "--" + name);
  return true;
}

}  // namespace manabi::app
