#include "learn/tuning/trigger_search.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/error.h"

namespace manabi::learn {
namespace {

using model::TunedNetwork;
using model::TunedRow;

// Triggers as the rows of a prompt, so that their embeddings have gradients; several lists of them read the same episodes.
class Triggers {
 public:
  Triggers(std::shared_ptr<const model::FrozenNetwork> frozen, int64_t lists, int64_t length)
      : network_(std::move(frozen), {.prompt = model::SoftPromptParts{.lengths = std::vector<int64_t>(static_cast<size_t>(lists), length)}}),
        parameters_(network_.plan(), lists, at::TensorOptions(network_.frozen().embedding.device()).dtype(at::kFloat)) {}

  void set(int64_t list, std::span<const TokenId> triggers) {
    parameters_.view("prompt.table")[list].copy_(network_.frozen().embedded(triggers));
  }

  // Of each of the first `lists` lists: minus the mean log-probability of the right class's words [lists], with gradients if leaves have them.
  at::Tensor losses(const tensor::ParameterLeaves& leaves, int64_t lists, std::span<const JudgedEpisode* const> episodes,
                    const LabelWords& labels) const {
    std::vector<TunedRow> rows;
    std::vector<std::vector<int64_t>> last;
    for (const JudgedEpisode* episode : episodes) last.push_back({std::ssize(episode->encoded.prompt) - 1});
    for (int64_t list = 0; list < lists; ++list)
      for (size_t i = 0; i < episodes.size(); ++i) rows.push_back({.replica = list, .tokens = episodes[i]->encoded.prompt, .wanted = last[i]});
    const at::Tensor told = network_.logits(leaves, network_.hidden(leaves, rows)).log_softmax(-1).view({lists, std::ssize(episodes), -1});
    std::vector<at::Tensor> right;
    for (size_t i = 0; i < episodes.size(); ++i) right.push_back(of_class(told.select(1, static_cast<int64_t>(i)), labels, episodes[i]->target));
    return -at::stack(right).mean(0);
  }

  // Log-probabilities of the classes, by their words: [episodes][classes].
  std::vector<std::vector<double>> scores(std::span<const JudgedEpisode> episodes, const LabelWords& labels, int64_t token_budget) const {
    std::vector<JudgedEpisode> asked(episodes.begin(), episodes.end());
    for (JudgedEpisode& episode : asked) {
      episode.encoded.choices.clear();
      for (const std::vector<TokenId>& words : labels)
        for (const TokenId word : words) episode.encoded.choices.push_back({word});
    }
    std::vector<std::vector<double>> scores = scores_of(network_, tensor::ParameterLeaves(parameters_), 0, asked, token_budget);
    for (std::vector<double>& row : scores) row = added_up(row, labels);
    return scores;
  }

  const TunedNetwork& network() const { return network_; }
  const tensor::ParameterBuffer& parameters() const { return parameters_; }

 private:
  static at::Tensor of_class(const at::Tensor& told, const LabelWords& labels, int64_t target) {
    const std::vector<TokenId>& words = labels[static_cast<size_t>(target)];
    const std::vector<int64_t> ids(words.begin(), words.end());
    return told.index_select(-1, at::tensor(ids, at::kLong).to(told.device())).logsumexp(-1);
  }
  static std::vector<double> added_up(const std::vector<double>& scores, const LabelWords& labels) {
    std::vector<double> sums;
    size_t at = 0;
    for (const std::vector<TokenId>& words : labels) {
      double sum = 0;
      for (size_t i = 0; i < words.size(); ++i) sum += std::exp(scores[at++]);
      sums.push_back(std::log(sum));
    }
    return sums;
  }

  TunedNetwork network_;
  tensor::ParameterBuffer parameters_;
};

std::vector<bool> ordinary_tokens(const text::Tokenizer& tokenizer, int64_t vocabulary) {
  std::vector<bool> ordinary(static_cast<size_t>(vocabulary), false);
  for (int64_t id = 0; id < std::min(vocabulary, tokenizer.size()); ++id)
    ordinary[static_cast<size_t>(id)] = !tokenizer.is_special(static_cast<TokenId>(id));
  return ordinary;
}

// The ordinary tokens whose embedding promises the largest fall of the loss in the place of one: -E g.
std::vector<TokenId> promising(const model::FrozenNetwork& network, const at::Tensor& gradient, const std::vector<bool>& ordinary,
                               int64_t count) {
  const at::Tensor promised = -at::mv(network.embedding.to(at::kFloat), gradient);
  const at::Tensor order = promised.argsort(0, /*descending=*/true).cpu();
  std::vector<TokenId> tokens;
  for (int64_t i = 0; i < order.size(0) && std::ssize(tokens) < count; ++i)
    if (const int64_t id = order[i].item<int64_t>(); ordinary[static_cast<size_t>(id)]) tokens.push_back(static_cast<TokenId>(id));
  return tokens;
}

using Batch = std::vector<const JudgedEpisode*>;

// The list, of those that read the same batches, with the smallest loss; the first among equals.
size_t best_of(Triggers& many, const std::vector<std::vector<TokenId>>& lists, std::span<const Batch> batches, const LabelWords& labels) {
  const c10::NoGradGuard guard;
  for (size_t list = 0; list < lists.size(); ++list) many.set(static_cast<int64_t>(list), lists[list]);
  const tensor::ParameterLeaves leaves(many.parameters());
  at::Tensor losses = at::zeros({std::ssize(lists)});
  for (const Batch& batch : batches) losses += many.losses(leaves, std::ssize(lists), batch, labels).cpu();
  return static_cast<size_t>(losses.argmin().item<int64_t>());
}

// The steps of a search; what they have come to is the state alone.
class TriggerSearcher {
 public:
  TriggerSearcher(const std::shared_ptr<const model::FrozenNetwork>& network, const text::Tokenizer& tokenizer,
                  std::span<const JudgedEpisode> train, std::span<const JudgedEpisode> dev, const LabelWords& labels,
                  const TriggerOptions& options)
      : network_(*network),
        train_(train),
        dev_(dev),
        labels_(labels),
        options_(options),
        one_(network, 1, options.triggers),
        many_(network, options.candidates + 1, options.triggers),
        ordinary_(ordinary_tokens(tokenizer, network->embedding.size(0))) {}

  // Replaces the trigger of a random place by a candidate where that does better on new batches.
  void iterate(TriggerState& state) {
    base::Rng rng = base::Rng(options_.seed).child(static_cast<uint64_t>(state.iterations++));
    const at::Tensor gradients = gradients_at(state.current, rng);
    const auto slot = static_cast<int64_t>(rng.below(static_cast<uint64_t>(options_.triggers)));
    std::vector<std::vector<TokenId>> lists = {state.current};
    for (const TokenId candidate : promising(network_, gradients[slot], ordinary_, options_.candidates)) {
      lists.push_back(state.current);
      lists.back()[static_cast<size_t>(slot)] = candidate;
    }
    std::vector<Batch> batches;
    for (int64_t i = 0; i < options_.batches; ++i) batches.push_back(draw_batch(rng));
    const size_t best = best_of(many_, lists, batches, labels_);
    if (lists[best] == state.current) return;
    state.current = lists[best];
    judge_current(state);
  }

  void judge_current(TriggerState& state) {
    one_.set(0, state.current);
    const Judgement now = judge(one_.scores(dev_, labels_, options_.token_budget), dev_);
    TriggerSearch& search = state.search;
    if (search.judged.empty() || is_better(now, search.best)) {
      search.best = now;
      search.triggers = state.current;
    }
    search.judged.push_back(now);
    search.tried.push_back(state.current);
  }

 private:
  Batch draw_batch(base::Rng& rng) const {
    Batch batch;
    for (int64_t row = 0; row < options_.batch; ++row) batch.push_back(&train_[rng.below(train_.size())]);
    return batch;
  }

  // Of the loss to the triggers' embeddings, over some batches: [triggers, D].
  at::Tensor gradients_at(const std::vector<TokenId>& triggers, base::Rng& rng) {
    one_.set(0, triggers);
    const tensor::ParameterLeaves leaves(one_.parameters(), 0, at::zeros_like(one_.parameters().values()));
    for (int64_t i = 0; i < options_.batches; ++i) torch::autograd::backward({one_.losses(leaves, 1, draw_batch(rng), labels_).sum()}, {});
    return one_.parameters().view_of(leaves.gradients(), 0)[0];
  }

  const model::FrozenNetwork& network_;
  std::span<const JudgedEpisode> train_, dev_;
  const LabelWords& labels_;
  TriggerOptions options_;
  Triggers one_, many_;
  std::vector<bool> ordinary_;
};

// The last state of every prompt, [N, D] float32.
at::Tensor last_states(const model::CausalLM& lm, std::span<const JudgedEpisode> episodes, int64_t token_budget) {
  std::vector<at::Tensor> states;
  std::vector<model::Row> rows;
  int64_t tokens = 0;
  const auto read = [&] {
    states.push_back(lm.forward(rows).hidden.to(at::kFloat));
    rows.clear();
    tokens = 0;
  };
  for (const JudgedEpisode& episode : episodes) {
    const std::vector<TokenId>& prompt = episode.encoded.prompt;
    if (!rows.empty() && tokens + std::ssize(prompt) > token_budget) read();
    rows.push_back({.tokens = prompt, .prefix = nullptr, .wanted = {std::ssize(prompt) - 1}});
    tokens += std::ssize(prompt);
  }
  read();
  return at::cat(states);
}

// Softmax regression by gradient descent, on inputs [N, D] of unit scale: weights [C, D].
at::Tensor fit_classifier(const at::Tensor& inputs, std::span<const JudgedEpisode> episodes, int64_t classes) {
  constexpr int64_t kSteps = 300;
  constexpr double kLr = 0.5, kDecay = 1e-3;
  std::vector<int64_t> targets;
  for (const JudgedEpisode& episode : episodes) targets.push_back(episode.target);
  const at::Tensor wanted = at::one_hot(at::tensor(targets, at::kLong), classes).to(inputs);
  const at::Tensor scaled = inputs / inputs.square().mean().sqrt();
  at::Tensor weights = at::zeros({classes, inputs.size(1)}, inputs.options());
  for (int64_t step = 0; step < kSteps; ++step) {
    const at::Tensor errors = at::mm(scaled, weights.t()).softmax(-1) - wanted;
    weights -= kLr * (at::mm(errors.t(), scaled) / static_cast<double>(scaled.size(0)) + kDecay * weights);
  }
  return weights;
}

// A space and letters alone.
bool begins_a_word(const std::string& bytes) {
  return bytes.size() > 2 && bytes[0] == ' ' && std::all_of(bytes.begin() + 1, bytes.end(), [](unsigned char c) { return std::isalpha(c); });
}

}  // namespace

std::vector<std::vector<double>> scores_of_triggers(const std::shared_ptr<const model::FrozenNetwork>& network,
                                                    std::span<const TokenId> triggers, std::span<const JudgedEpisode> episodes,
                                                    const LabelWords& labels, int64_t token_budget) {
  Triggers one(network, 1, std::ssize(triggers));
  one.set(0, triggers);
  return one.scores(episodes, labels, token_budget);
}

Judgement judge_triggers(const std::shared_ptr<const model::FrozenNetwork>& network, std::span<const TokenId> triggers,
                         std::span<const JudgedEpisode> episodes, const LabelWords& labels, int64_t token_budget) {
  return judge(scores_of_triggers(network, triggers, episodes, labels, token_budget), episodes);
}

LabelWords own_label_words(const JudgedEpisode& episode) {
  LabelWords words;
  for (const std::vector<TokenId>& choice : episode.encoded.choices) words.push_back({choice.front()});
  return words;
}

TriggerSearch search_triggers(const std::shared_ptr<const model::FrozenNetwork>& network, const text::Tokenizer& tokenizer,
                              std::span<const JudgedEpisode> train, std::span<const JudgedEpisode> dev, const LabelWords& labels,
                              std::span<const TokenId> first, const TriggerOptions& options, const base::Watch& watch, TriggerState state,
                              const std::function<void(const TriggerState&)>& keep) {
  if (train.empty() || dev.empty()) throw base::Error({.given = "no examples", .expected = "some to search on and some to choose on"});
  if (first.empty()) throw base::Error({.given = "no first words", .expected = "at least one token that the search begins with"});
  TriggerSearcher searcher(network, tokenizer, train, dev, labels, options);
  if (state.current.empty()) {
    for (int64_t i = 0; i < options.triggers; ++i) state.current.push_back(first[static_cast<size_t>(i) % first.size()]);
    searcher.judge_current(state);
  }
  while (state.iterations < options.iterations) {
    watch.throw_if_cancelled();
    searcher.iterate(state);
    if (keep) keep(state);
    watch.advance(1);
  }
  return state.search;
}

LabelWords search_label_words(const model::CausalLM& lm, const model::FrozenNetwork& network, const text::Tokenizer& tokenizer,
                              std::span<const JudgedEpisode> train, int64_t classes, int64_t count, int64_t token_budget) {
  const c10::NoGradGuard guard;
  const at::Tensor weights = fit_classifier(last_states(lm, train, token_budget), train, classes);
  const at::Tensor certainty = at::mm(network.unembedding.to(at::kFloat), weights.t()).softmax(-1).cpu();  // [V, C]
  const int64_t tokens = std::min(tokenizer.size(), certainty.size(0));
  LabelWords words;
  for (int64_t label = 0; label < classes; ++label) {
    const at::Tensor order = certainty.select(1, label).argsort(0, /*descending=*/true);
    std::vector<TokenId>& own = words.emplace_back();
    for (int64_t i = 0; i < order.size(0) && std::ssize(own) < count; ++i) {
      const int64_t id = order[i].item<int64_t>();
      if (id < tokens && begins_a_word(tokenizer.bytes_of(static_cast<TokenId>(id)))) own.push_back(static_cast<TokenId>(id));
    }
  }
  return words;
}

}  // namespace manabi::learn
