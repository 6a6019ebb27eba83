#include "world/sequences/transforms.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace manabi::world {
namespace {

constexpr int64_t kArrow = kTransformLetters;  // ids: letters, ">", ".", names
constexpr int64_t kEnd = kTransformLetters + 1;
constexpr int64_t kFirstName = kTransformLetters + 2;

LetterSequence shifted(LetterSequence letters, int64_t by) {
  for (int64_t& letter : letters) letter = (letter + by + kTransformLetters) % kTransformLetters;
  return letters;
}

LetterSequence rotated(LetterSequence letters, int64_t left) {
  const auto size = std::ssize(letters);
  std::ranges::rotate(letters, letters.begin() + (left % size + size) % size);
  return letters;
}

LetterSequence sorted(LetterSequence letters) {
  std::ranges::sort(letters);
  return letters;
}

LetterSequence reversed(LetterSequence letters) {
  std::ranges::reverse(letters);
  return letters;
}

// Every letter where it first stands.
LetterSequence without_repeats(const LetterSequence& letters) {
  LetterSequence once;
  for (const int64_t letter : letters)
    if (std::ranges::find(once, letter) == once.end()) once.push_back(letter);
  return once;
}

LetterSequence with_neighbours_swapped(LetterSequence letters) {
  for (size_t i = 0; i + 1 < letters.size(); i += 2) std::swap(letters[i], letters[i + 1]);
  return letters;
}

// The letters at places 0, 2, ..., then those at 1, 3, ...
LetterSequence dealt(const LetterSequence& letters) {
  LetterSequence all;
  for (const size_t first : {0u, 1u})
    for (size_t i = first; i < letters.size(); i += 2) all.push_back(letters[i]);
  return all;
}

LetterSequence mirrored(LetterSequence letters) {
  for (int64_t& letter : letters) letter = kTransformLetters - 1 - letter;
  return letters;
}

LetterSequence repeated(const LetterSequence& letters, size_t place) { return LetterSequence(letters.size(), letters[place]); }

// The first half twice.
LetterSequence doubled(const LetterSequence& letters) {
  LetterSequence half(letters.begin(), letters.begin() + std::ssize(letters) / 2), all = half;
  all.insert(all.end(), half.begin(), half.end());
  return all;
}

std::string spelled(const LetterSequence& letters) {
  std::string text;
  for (const int64_t letter : letters) text += static_cast<char>('a' + letter);
  return text;
}

std::string symbol_of(const SequenceTransform& transform) { return "[" + transform.name + "]"; }

}  // namespace

std::vector<SequenceTransform> sequence_transforms() {
  using Letters = const LetterSequence&;
  return {{"copy", [](Letters letters) { return letters; }},
          {"reverse", [](Letters letters) { return reversed(letters); }},
          {"sort", [](Letters letters) { return sorted(letters); }},
          {"sort_down", [](Letters letters) { return reversed(sorted(letters)); }},
          {"next", [](Letters letters) { return shifted(letters, 1); }},
          {"previous", [](Letters letters) { return shifted(letters, -1); }},
          {"third_next", [](Letters letters) { return shifted(letters, 3); }},
          {"rotate_left", [](Letters letters) { return rotated(letters, 1); }},
          {"rotate_right", [](Letters letters) { return rotated(letters, -1); }},
          {"halves", [](Letters letters) { return rotated(letters, std::ssize(letters) / 2); }},
          {"swap", [](Letters letters) { return with_neighbours_swapped(letters); }},
          {"deal", [](Letters letters) { return dealt(letters); }},
          {"once", [](Letters letters) { return without_repeats(letters); }},
          {"mirror", [](Letters letters) { return mirrored(letters); }},
          {"first", [](Letters letters) { return repeated(letters, 0); }},
          {"double", [](Letters letters) { return doubled(letters); }}};
}

SequenceTransform transform_named(const std::string& name) {
  constexpr std::string_view kThen = " then ";
  if (const size_t then = name.find(kThen); then != std::string::npos) {
    const SequenceTransform first = transform_named(name.substr(0, then)), second = transform_named(name.substr(then + kThen.size()));
    return {.name = name, .apply = [=](const LetterSequence& letters) { return second.apply(first.apply(letters)); }};
  }
  std::vector<std::string> names;
  for (const SequenceTransform& each : sequence_transforms()) {
    if (each.name == name) return each;
    names.push_back(each.name);
  }
  throw base::Error({.where = "sequence transform", .given = "'" + name + "'", .hint = base::nearest_hint(name, names)});
}

std::vector<std::string> transform_symbols() {
  std::vector<std::string> symbols;
  for (int64_t letter = 0; letter < kTransformLetters; ++letter) symbols.push_back(spelled({letter}));
  symbols.insert(symbols.end(), {">", "."});
  for (const SequenceTransform& each : sequence_transforms()) symbols.push_back(symbol_of(each));
  return symbols;
}

std::string transform_prompt(const LetterSequence& input, const std::string& named) {
  return (named.empty() ? "" : "[" + named + "]") + spelled(input) + ">";
}

std::string transform_answer(const SequenceTransform& transform, const LetterSequence& input) { return spelled(transform.apply(input)) + "."; }

LetterSequence draw_letters(base::Rng rng) {
  LetterSequence letters(static_cast<size_t>(kTransformLength));
  for (int64_t& letter : letters) letter = static_cast<int64_t>(rng.below(static_cast<uint64_t>(kTransformLetters)));
  return letters;
}

int64_t TransformWorld::vocabulary() const { return kFirstName + std::ssize(transforms_); }

void TransformWorld::draw(int64_t step, int64_t row, TokenRow into) const {
  const base::Rng rng = base::Rng(seed_).child(static_cast<uint64_t>(step)).child(static_cast<uint64_t>(row));
  base::Rng choice = rng.child("transform");
  const auto which = static_cast<size_t>(choice.below(transforms_.size()));
  const LetterSequence input = draw_letters(rng.child("letters")), output = transforms_[which].apply(input);
  std::ranges::fill(into.ids, kEnd);
  std::ranges::fill(into.targets, kNotAsked);
  size_t at = 0;
  into.ids[at++] = kFirstName + static_cast<int64_t>(which);
  for (const int64_t letter : input) into.ids[at++] = letter;
  into.ids[at] = kArrow;
  for (const int64_t letter : output) {
    into.targets[at++] = letter;
    into.ids[at] = letter;
  }
  // Behind a short output the end is asked again: as much is asked of every row.
  for (; at < static_cast<size_t>(2 * kTransformLength + 2); ++at) into.targets[at] = kEnd;
}

}  // namespace manabi::world
