// Sixteen rules that turn a short sequence of letters into another, each with a name: what small networks are taught, and then asked for without
// the name.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "world/tokens/token_world.h"

namespace manabi::world {

inline constexpr int64_t kTransformLetters = 12;  // of the alphabet: 'a' to 'l'
inline constexpr int64_t kTransformLength = 6;    // of an input; an output is no longer

// Letters as numbers below kTransformLetters.
using LetterSequence = std::vector<int64_t>;

struct SequenceTransform {
  std::string name;
  std::function<LetterSequence(const LetterSequence&)> apply;
};

std::vector<SequenceTransform> sequence_transforms();
// One of these, or two in turn: "sort then reverse". Throws base::Error with the nearest name.
SequenceTransform transform_named(const std::string& name);

// "[reverse]", the letters, ">" and ".": the symbols of rows. An input is "abcdef>", behind the name where it is said; an output ends with ".".
std::vector<std::string> transform_symbols();
std::string transform_prompt(const LetterSequence& input, const std::string& named = "");
std::string transform_answer(const SequenceTransform& transform, const LetterSequence& input);
LetterSequence draw_letters(base::Rng rng);

// Rows of one named rule each; its output and the end are asked, the end again and again behind a short output.
class TransformWorld final : public TokenWorld {
 public:
  explicit TransformWorld(uint64_t seed) : transforms_(sequence_transforms()), seed_(seed) {}

  int64_t vocabulary() const override;
  int64_t length() const override { return 2 * kTransformLength + 3; }  // the name, the input, ">", the output, "."
  int64_t asked() const override { return kTransformLength + 1; }
  void draw(int64_t step, int64_t row, TokenRow into) const override;

 private:
  std::vector<SequenceTransform> transforms_;
  uint64_t seed_;
};

}  // namespace manabi::world
