// The spellings of FewShotConfig's choices on the command line.
#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "world/few_shot/few_shot_config.h"

namespace manabi::world {

namespace {

template <class Choice, size_t count>
using Names = std::array<std::pair<Choice, const char*>, count>;

constexpr Names<LabelSetting, 4> kSettings = {
    {{LabelSetting::gold, "gold"}, {LabelSetting::random, "random"}, {LabelSetting::abstract, "abstract"}, {LabelSetting::flipped, "flipped"}}};
constexpr Names<Symbols, 3> kSymbols = {{{Symbols::numbers, "numbers"}, {Symbols::letters, "letters"}, {Symbols::symbols, "symbols"}}};
constexpr Names<Demonstrations, 2> kDemonstrations = {{{Demonstrations::fresh, "fresh"}, {Demonstrations::fixed, "fixed"}}};
constexpr Names<WhiteSpace, 2> kWhiteSpaces = {{{WhiteSpace::clean, "clean"}, {WhiteSpace::paper, "paper"}}};
constexpr Names<TooLong, 2> kTooLong = {{{TooLong::drop_item, "drop_item"}, {TooLong::drop_demonstrations, "drop_demonstrations"}}};

template <class Table>
auto parse(const std::string& name, const std::string& what, const Table& table) {
  std::vector<std::string> known;
  std::string listed;
  for (const auto& [choice, spelling] : table) {
    if (name == spelling) return choice;
    known.emplace_back(spelling);
    listed += (listed.empty() ? "" : ", ") + known.back();
  }
  throw base::Error({.given = "unknown " + what + " \"" + name + "\"", .expected = listed, .hint = base::nearest_hint(name, known)});
}

template <class Choice, class Table>
std::string spelling_of(Choice choice, const Table& table) {
  return std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.first == choice; })->second;
}

}  // namespace

LabelSetting parse_label_setting(const std::string& name) { return parse(name, "label setting", kSettings); }
Symbols parse_symbols(const std::string& name) { return parse(name, "kind of symbols", kSymbols); }
Demonstrations parse_demonstrations(const std::string& name) { return parse(name, "choice of demonstrations", kDemonstrations); }
WhiteSpace parse_white_space(const std::string& name) { return parse(name, "white space", kWhiteSpaces); }
TooLong parse_too_long(const std::string& name) { return parse(name, "answer to long prompts", kTooLong); }

std::string name_of(LabelSetting setting) { return spelling_of(setting, kSettings); }
std::string name_of(Symbols symbols) { return spelling_of(symbols, kSymbols); }
std::string name_of(Demonstrations demonstrations) { return spelling_of(demonstrations, kDemonstrations); }
std::string name_of(WhiteSpace white_space) { return spelling_of(white_space, kWhiteSpaces); }
std::string name_of(TooLong too_long) { return spelling_of(too_long, kTooLong); }

}  // namespace manabi::world
