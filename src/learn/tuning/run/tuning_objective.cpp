#include "learn/tuning/run/tuning_objective.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "base/error.h"

namespace manabi::learn {
namespace {

using model::TunedNetwork;
using model::TunedRow;

// The rows of a share, with what is asked of them.
struct AskedRows {
  std::vector<TunedRow> rows;
  std::vector<std::vector<int64_t>> wanted;  // of each row
  std::vector<int64_t> targets;              // of every wanted state
  std::vector<double> weights;               // of every wanted state
  std::vector<int64_t> counts;               // of wanted states, one a replica
};

// Where the states lie from which the asked tokens are told: one before each.
std::vector<int64_t> asking(const TuningItem& item) {
  std::vector<int64_t> places(item.tokens.size() - static_cast<size_t>(item.asked_from));
  std::iota(places.begin(), places.end(), item.asked_from - 1);
  return places;
}

// What the last row's states are asked, and how much each answer counts.
void add_targets(const TuningItem& item, bool has_head, int64_t batch, AskedRows& asked) {
  const std::vector<int64_t>& places = asked.wanted.back();
  const double all = item.weights.empty() ? static_cast<double>(places.size()) : std::accumulate(item.weights.begin(), item.weights.end(), 0.0);
  for (size_t i = 0; i < places.size(); ++i) {
    asked.targets.push_back(has_head ? item.label : static_cast<int64_t>(item.tokens[static_cast<size_t>(places[i] + 1)]));
    asked.weights.push_back((item.weights.empty() ? 1 : item.weights[i]) / (all * static_cast<double>(batch)));
  }
}

}  // namespace

TuningObjective::TuningObjective(const TunedNetwork& network, std::vector<TuningData> data) : network_(network), data_(std::move(data)) {
  if (data_.size() > 1 && !network_.takes_replicas())
    throw base::Error({.given = fmt::format("{} replicas of whole weights", data_.size()), .expected = "one at a time"});
  for (const TuningData& each : data_) {
    if (each.items->empty()) throw base::Error({.given = "no items to tune on", .expected = "at least one"});
    for (const TuningItem& item : *each.items)
      if (item.asked_from < 1 || item.asked_from >= std::ssize(item.tokens))
        throw base::Error({.given = fmt::format("an item of {} tokens, asked from the {}.", item.tokens.size(), item.asked_from),
                           .expected = "something before what is asked, and something asked"});
    for (const TuningItem& item : *each.items)
      if (!item.weights.empty() && std::ssize(item.weights) != std::ssize(item.tokens) - item.asked_from)
        throw base::Error({.given = fmt::format("{} weights of {} asked tokens", item.weights.size(), std::ssize(item.tokens) - item.asked_from),
                           .expected = "one each, or none"});
  }
}

at::Tensor TuningObjective::losses(const tensor::ParameterLeaves& parameters, const BatchShare& share) const {
  const bool has_head = network_.parts().classes > 0;
  AskedRows asked;
  asked.wanted.reserve(static_cast<size_t>(share.replicas * share.rows));
  for (int64_t replica = 0; replica < share.replicas; ++replica) {
    const TuningData& data = data_[static_cast<size_t>(share.first_replica + replica)];
    const auto first = std::ssize(asked.targets);
    for (int64_t row = 0; row < share.rows; ++row) {
      const int64_t place = share.step * share.batch + share.first_row + row;
      const TuningItem& item = (*data.items)[static_cast<size_t>(data.order[static_cast<size_t>(place)])];
      // The last token is told, not read; where a head is asked, none of those that are told is.
      const auto read = static_cast<size_t>(has_head ? item.asked_from : std::ssize(item.tokens) - 1);
      asked.wanted.push_back(has_head ? std::vector<int64_t>{item.asked_from - 1} : asking(item));
      add_targets(item, has_head, share.batch, asked);
      asked.rows.push_back({.replica = replica, .tokens = std::span(item.tokens).first(read), .wanted = asked.wanted.back()});
    }
    asked.counts.push_back(std::ssize(asked.targets) - first);
  }
  const at::Tensor hidden = network_.hidden(parameters, asked.rows);
  const at::Tensor targets = at::tensor(asked.targets, at::kLong).to(hidden.device());
  std::vector<at::Tensor> losses;
  int64_t begin = 0;
  for (int64_t replica = 0; replica < share.replicas; ++replica) {
    const int64_t count = asked.counts[static_cast<size_t>(replica)];
    const at::Tensor own = hidden.narrow(0, begin, count);
    const at::Tensor logits = has_head ? network_.class_logits(parameters, replica, own) : network_.logits(parameters, own);
    // Every state is a row by itself, so that each has its own weight.
    losses.push_back(tensor::cross_entropy_(logits.unsqueeze(1), targets.narrow(0, begin, count).unsqueeze(1),
                                            {asked.weights.begin() + begin, asked.weights.begin() + begin + count})
                         .sum());
    begin += count;
  }
  return at::stack(losses);
}

}  // namespace manabi::learn
