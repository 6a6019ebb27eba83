// The sentence that Manabi is: a world draws an episode, a learner answers it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace manabi::world {

// One demonstration as it was shown; for reports and for learners that do not read text.
struct Demonstration {
  std::string id;     // of the item in its data set
  std::string input;  // as rendered, the white space in front of the label included: input + label is what was shown
  std::string label;  // the label as shown
  int64_t shown_class = 0;
  int64_t true_class = 0;
};

// K demonstrations and one query with its possible answers.
struct Episode {
  std::string id;    // of the query in its data set: the same in every setting, so that differences are paired
  int64_t draw = 0;  // which draw of demonstrations
  std::vector<Demonstration> demonstrations;
  std::string context;               // the prompt up to the scored answer
  std::vector<std::string> choices;  // each answer as it continues the context
  int64_t target = 0;                // index of the right choice
};

// What is asked of a learner.
enum class Ask { choices, next_token, every_position, text, value };

// Log-probabilities in nats over the full vocabulary, or a bound where the learner cannot do better.
enum class Exactness { exact, at_most, unnormalised };

struct Answer {
  std::vector<double> scores;   // one per choice
  std::vector<int64_t> tokens;  // tokens of each choice that were scored
  Exactness exactness = Exactness::exact;
  int64_t prompt_tokens = 0;
  std::string text;  // for Ask::text

  int64_t best() const;  // index of the largest score, the first one among equals
};

using Answers = std::vector<Answer>;  // in the order of the episodes

class World {
 public:
  virtual ~World() = default;
  // A pure function of the world's configuration and its arguments. `index` counts queries, `draw` counts draws of demonstrations.
  virtual Episode draw(int64_t draw, int64_t index) const = 0;
  virtual int64_t queries() const = 0;
  virtual double chance() const = 0;  // accuracy of a uniform guess
};

class Learner {
 public:
  virtual ~Learner() = default;
  virtual bool can_answer(Ask ask) const = 0;
  virtual Answers answer(std::span<const Episode> episodes, Ask ask) = 0;
};

}  // namespace manabi::world
