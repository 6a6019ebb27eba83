#include "learn/scoring/score_plan.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace manabi::learn {
namespace {

// Rows by urgency: the deepest first, among equals the one with the longest chain of rows below it, then in the order of the tree.
class ReadyRows {
 public:
  explicit ReadyRows(const std::vector<PrefixRow>& rows) : depth_(rows.size()), height_(rows.size()) {
    for (size_t row = 0; row < rows.size(); ++row) {
      if (rows[row].parent != kNoParent) depth_[row] = depth_[rows[row].parent] + 1;
    }
    for (size_t row = rows.size(); row-- > 0;) {
      if (rows[row].parent != kNoParent) height_[rows[row].parent] = std::max(height_[rows[row].parent], height_[row] + 1);
    }
  }

  void add(int64_t row) { ready_.emplace(-depth_[row], -height_[row], row); }
  bool empty() const { return ready_.empty(); }
  int64_t pop_first() { return std::get<2>(ready_.extract(ready_.begin()).value()); }

  // Offers the rows in turn: `take` says whether one is taken, left waiting, or nothing more fits.
  enum class Offer { taken, left, full };
  template <class Take>
  void offer(const Take& take) {
    for (auto next = ready_.begin(); next != ready_.end();) {
      const Offer answer = take(std::get<2>(*next));
      if (answer == Offer::full) return;
      next = answer == Offer::taken ? ready_.erase(next) : std::next(next);
    }
  }

 private:
  std::vector<int64_t> depth_;
  std::vector<int64_t> height_;
  std::set<std::tuple<int64_t, int64_t, int64_t>> ready_;
};

class Scheduler {
 public:
  Scheduler(ScorePlan& plan, int64_t token_budget, int64_t cache_tokens)
      : plan_(plan), token_budget_(token_budget), cache_tokens_(cache_tokens), ready_(plan.rows), unfinished_(plan.rows.size()) {
    for (size_t row = 0; row < plan.rows.size(); ++row) {
      unfinished_[row] = static_cast<int64_t>(plan.rows[row].children.size());
      if (plan.rows[row].parent == kNoParent) ready_.add(static_cast<int64_t>(row));
    }
  }

  void run() {
    while (!ready_.empty()) {
      PlannedPass pass;
      fill(pass);
      if (pass.rows.empty()) take(ready_.pop_first(), pass);
      plan_.tokens += pass.tokens;
      plan_.peak_cache_tokens = std::max(plan_.peak_cache_tokens, held_);
      finish(pass);
      plan_.passes.push_back(std::move(pass));
    }
  }

 private:
  void fill(PlannedPass& pass) {
    ready_.offer([&](int64_t index) {
      const PrefixRow& row = plan_.rows[index];
      if (!pass.rows.empty() && pass.tokens + row.length() > token_budget_) return ReadyRows::Offer::full;
      if (row.keeps_cache() && held_ + row.length() > cache_tokens_) return ReadyRows::Offer::left;
      take(index, pass);
      return ReadyRows::Offer::taken;
    });
  }

  void take(int64_t index, PlannedPass& pass) {
    const PrefixRow& row = plan_.rows[index];
    pass.rows.push_back(index);
    pass.tokens += row.length();
    if (row.keeps_cache()) held_ += row.length();
  }

  void finish(PlannedPass& pass) {
    for (const int64_t index : pass.rows) {
      for (const int64_t child : plan_.rows[index].children) ready_.add(child);
      if (!plan_.rows[index].keeps_cache()) release_above(plan_.rows[index].parent, pass);
    }
  }

  // A cache is held until every row below it is done, since the caches below refer to it.
  void release_above(int64_t index, PlannedPass& pass) {
    while (index != kNoParent && --unfinished_[index] == 0) {
      pass.released.push_back(index);
      held_ -= plan_.rows[index].length();
      index = plan_.rows[index].parent;
    }
  }

  ScorePlan& plan_;
  int64_t token_budget_;
  int64_t cache_tokens_;
  ReadyRows ready_;
  std::vector<int64_t> unfinished_;  // per row: children that still have something to run below them
  int64_t held_ = 0;
};

void run_one_by_one(ScorePlan& plan) {
  for (size_t row = 0; row < plan.rows.size(); ++row) {
    plan.passes.push_back({.rows = {static_cast<int64_t>(row)}, .tokens = plan.rows[row].length()});
    plan.tokens += plan.rows[row].length();
  }
}

}  // namespace

ScorePlan plan_scores(std::span<const ScoredSequence> sequences, const ScoreOptions& options, int64_t cache_tokens) {
  ScorePlan plan;
  if (options.share_prefixes) {
    plan.rows = shared_rows(sequences, options.shortest_shared);
    Scheduler(plan, options.token_budget, cache_tokens).run();
  } else {
    plan.rows = separate_rows(sequences);
    run_one_by_one(plan);
  }
  return plan;
}

}  // namespace manabi::learn
