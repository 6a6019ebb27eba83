#include "world/mappings/mapping_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/random.h"
#include "world/mappings/mapping_prompts.h"

namespace manabi::world {

MappingWorld::MappingWorld(std::span<const MappingTask> tasks, std::shared_ptr<const text::Tokenizer> tokenizer, int64_t examples, uint64_t seed)
    : tokenizer_(std::move(tokenizer)), filler_(tokenizer_->encode("\n").at(0)), examples_(examples), seed_(seed) {
  if (tasks.empty() || examples < 1)
    throw base::Error({.given = fmt::format("{} tasks, rows of {} examples", tasks.size(), examples), .expected = "at least one of each"});
  size_t longest = 0;
  for (const MappingTask& task : tasks) {
    if (std::ssize(task.pairs) < examples)
      throw base::Error({.where = "task " + task.name,
                         .given = fmt::format("{} pairs", task.pairs.size()),
                         .expected = fmt::format("at least the {} of a row", examples)});
    std::vector<Line>& lines = lines_.emplace_back();
    for (const Mapping& pair : task.pairs) {
      if (tokenizer_->encode(pair.output).size() != 1)
        throw base::Error({.where = "task " + task.name, .given = "the output '" + pair.output + "'", .expected = "one token"});
      Line line{.tokens = tokenizer_->encode(prompt_of({}, pair.input))};
      line.output = std::ssize(line.tokens);
      line.tokens.push_back(tokenizer_->encode(pair.output)[0]);
      line.tokens.push_back(filler_);
      longest = std::max(longest, line.tokens.size());
      lines.push_back(std::move(line));
    }
  }
  length_ = examples_ * static_cast<int64_t>(longest);
}

int64_t MappingWorld::task_of(int64_t step, int64_t row) const {
  base::Rng rng = base::Rng(seed_).child(static_cast<uint64_t>(step)).child(static_cast<uint64_t>(row)).child("task");
  return static_cast<int64_t>(rng.below(lines_.size()));
}

void MappingWorld::draw(int64_t step, int64_t row, TokenRow into) const {
  const std::vector<Line>& lines = lines_[static_cast<size_t>(task_of(step, row))];
  base::Rng rng = base::Rng(seed_).child(static_cast<uint64_t>(step)).child(static_cast<uint64_t>(row)).child("pairs");
  std::ranges::fill(into.ids, filler_);
  std::ranges::fill(into.targets, kNotAsked);
  std::set<uint64_t> chosen;
  size_t at = 0;
  while (std::ssize(chosen) < examples_) {
    const uint64_t pair = rng.below(lines.size());
    if (!chosen.insert(pair).second) continue;
    const Line& line = lines[pair];
    std::ranges::copy(line.tokens, into.ids.begin() + static_cast<std::ptrdiff_t>(at));
    const size_t output = at + static_cast<size_t>(line.output);
    into.targets[output - 1] = into.ids[output];
    at += line.tokens.size();
  }
}

}  // namespace manabi::world
