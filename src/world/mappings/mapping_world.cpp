#include "world/mappings/mapping_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/random.h"
#include "world/mappings/mapping_prompts.h"

namespace manabi::world {

MappingWorld::MappingWorld(std::span<const MappingTask> tasks, std::shared_ptr<const text::Tokenizer> tokenizer, int64_t examples, uint64_t seed,
                           double named_share)
    : tokenizer_(std::move(tokenizer)), filler_(tokenizer_->encode("\n").at(0)), examples_(examples), seed_(seed), named_share_(named_share) {
  if (tasks.empty() || examples < 1)
    throw base::Error({.given = fmt::format("{} tasks, rows of {} examples", tasks.size(), examples), .expected = "at least one of each"});
  if (!(named_share >= 0 && named_share <= 1))
    throw base::Error({.given = fmt::format("a share of {} of rows that name their tasks", named_share), .expected = "0 to 1"});
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
  if (named_share_ > 0) {
    for (const MappingTask& task : tasks) {
      const std::vector<text::TokenId> name = tokenizer_->encode(symbol_of_task(task));
      if (name.size() != 1)
        throw base::Error({.where = "task " + task.name, .given = "a name of " + std::to_string(name.size()) + " tokens", .expected = "one"});
      names_.push_back(name[0]);
    }
    ++longest;
  }
  length_ = examples_ * static_cast<int64_t>(longest);
}

bool MappingWorld::is_named(int64_t step, int64_t row) const {
  if (named_share_ == 0) return false;
  base::Rng rng = base::Rng(seed_).child(static_cast<uint64_t>(step)).child(static_cast<uint64_t>(row)).child("named");
  return rng.uniform() < named_share_;
}

int64_t MappingWorld::task_of(int64_t step, int64_t row) const {
  base::Rng rng = base::Rng(seed_).child(static_cast<uint64_t>(step)).child(static_cast<uint64_t>(row)).child("task");
  return static_cast<int64_t>(rng.below(lines_.size()));
}

void MappingWorld::draw(int64_t step, int64_t row, TokenRow into) const {
  std::ranges::fill(into.ids, filler_);
  std::ranges::fill(into.targets, kNotAsked);
  if (is_named(step, row)) {
    draw_named(step, row, into);
  } else {
    draw_shown(step, row, into);
  }
}

void MappingWorld::draw_shown(int64_t step, int64_t row, TokenRow into) const {
  const std::vector<Line>& lines = lines_[static_cast<size_t>(task_of(step, row))];
  base::Rng rng = base::Rng(seed_).child(static_cast<uint64_t>(step)).child(static_cast<uint64_t>(row)).child("pairs");
  std::set<uint64_t> chosen;
  size_t at = 0;
  while (std::ssize(chosen) < examples_) {
    const uint64_t pair = rng.below(lines.size());
    if (chosen.insert(pair).second) write(lines[pair], std::nullopt, into, at);
  }
}

void MappingWorld::draw_named(int64_t step, int64_t row, TokenRow into) const {
  base::Rng rng = base::Rng(seed_).child(static_cast<uint64_t>(step)).child(static_cast<uint64_t>(row)).child("named pairs");
  size_t at = 0;
  for (int64_t example = 0; example < examples_; ++example) {
    const uint64_t task = rng.below(lines_.size());
    const std::vector<Line>& lines = lines_[task];
    write(lines[rng.below(lines.size())], names_[task], into, at);
  }
}

void MappingWorld::write(const Line& line, std::optional<text::TokenId> name, TokenRow into, size_t& at) {
  const auto arrow = static_cast<size_t>(line.output) - 1;
  for (size_t i = 0; i < line.tokens.size(); ++i) {
    if (i == arrow && name) into.ids[at++] = *name;
    if (i == arrow) into.targets[at] = line.tokens[i + 1];
    into.ids[at++] = line.tokens[i];
  }
}

std::string symbol_of_task(const MappingTask& task) { return "[" + task.name + "]"; }

}  // namespace manabi::world
