#include "world/few_shot/prompt.h"

#include <algorithm>

#include "base/error.h"
#include "world/punctuation.h"

namespace manabi::world {

namespace {

constexpr const char* kWhiteSpace = " \t\r\n\f\v";
constexpr const char* kLabel = "label";
constexpr const char* kFinalPeriod = ".";
constexpr const char* kSpacedPeriod = " .";

}  // namespace

void check_template(const text::Template& prompt, const std::vector<std::string>& field_names, const std::string& where) {
  std::vector<std::string> known;
  for (const std::string& name : field_names) known.push_back(name);
  known.push_back(kLabel);
  for (const std::string& name : field_names) {
    for (const char* ending : {kFinalPeriod, kSpacedPeriod}) known.push_back(name + ending);
  }
  prompt.check_fields(known);
  const text::Template before = prompt.before(kLabel);
  const bool shows_input = std::any_of(before.pieces().begin(), before.pieces().end(), [](const auto& piece) { return !piece.field.empty(); });
  if (shows_input) return;
  throw base::Error({.where = where,
                     .given = "the template shows no input in front of {label}",
                     .expected = "at least one field, such as {" + field_names.front() + "}"});
}

Phrasing::Phrasing(const PromptTemplate& prompt, std::vector<std::string> field_names)
    : clean_{prompt.text.before(kLabel), prompt.text.after(kLabel)},
      paper_{prompt.published.before(kLabel), prompt.published.after(kLabel)},
      field_names_(std::move(field_names)) {}

std::string Phrasing::input(const Example& example, WhiteSpace white_space) const { return render(halves(white_space).before, example); }

Prompt Phrasing::prompt(std::span<const LabelledExample> demonstrations, const Example& query, WhiteSpace white_space) const {
  std::string text;
  for (const LabelledExample& shown : demonstrations) {
    text += input(*shown.example, white_space) + shown.label + render(halves(white_space).after, *shown.example) + "\n\n\n";
  }
  text += input(query, white_space);
  const size_t end = text.find_last_not_of(kWhiteSpace) + 1;
  if (white_space == WhiteSpace::clean) return {text.substr(0, end), text.substr(end)};
  // The published code strips the whole prompt and scores a space and the label's word, whatever the demonstrations show.
  const size_t start = std::min(text.find_first_not_of(kWhiteSpace), end);
  return {text.substr(start, end - start), " "};
}

std::string Phrasing::render(const text::Template& part, const Example& example) const {
  return part.render([&](const std::string& field) {
    for (size_t i = 0; i < field_names_.size(); ++i) {
      if (field == field_names_[i]) return example.fields[i];
      if (field == field_names_[i] + kFinalPeriod) return with_final_period(example.fields[i]);
      if (field == field_names_[i] + kSpacedPeriod) return with_spaced_period(example.fields[i]);
    }
    throw base::Error({.given = "field {" + field + "} has no value"});
  });
}

}  // namespace manabi::world
