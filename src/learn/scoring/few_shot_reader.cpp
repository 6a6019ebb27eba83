#include "learn/scoring/few_shot_reader.h"

#include <algorithm>
#include <utility>

#include "base/format/utf8.h"
#include "learn/scoring/scaled_progress.h"

namespace manabi::learn {
namespace {

std::string name_of(const world::Episode& episode) { return "episode " + episode.id; }

void check_choices(const world::Episode& episode) {
  if (episode.choices.size() < 2) {
    throw base::Error({.where = name_of(episode),
                       .given = std::to_string(episode.choices.size()) + " choices",
                       .expected = "at least two choices to decide between"});
  }
  for (size_t choice = 0; choice < episode.choices.size(); ++choice) {
    if (!episode.choices[choice].empty()) continue;
    throw base::Error(
        {.where = name_of(episode), .given = "choice " + std::to_string(choice) + " is empty", .expected = "text that continues the context"});
  }
}

// How many tokens all sequences share at their start while each keeps at least one.
size_t shared_start(const std::vector<std::vector<TokenId>>& sequences) {
  size_t shared = sequences.front().size();
  for (const std::vector<TokenId>& sequence : sequences) {
    const auto parting = std::ranges::mismatch(sequences.front(), sequence).in2;
    shared = std::min({shared, static_cast<size_t>(parting - sequence.begin()), sequence.size() - 1});
  }
  return shared;
}

void check_differences(const world::Episode& episode, const std::vector<std::vector<TokenId>>& choices, bool one_token) {
  for (size_t right = 1; right < choices.size(); ++right) {
    for (size_t left = 0; left < right; ++left) {
      if (choices[left] != choices[right]) continue;
      const std::string labels = base::in_quotes(episode.choices[left]) + " and " + base::in_quotes(episode.choices[right]);
      throw base::Error({.where = name_of(episode),
                         .given = "the labels " + labels + (one_token ? " start with the same token" : " are the same tokens"),
                         .expected = one_token ? "first tokens that differ, since only one is scored" : "labels that differ",
                         .hint = one_token ? "score all tokens of the labels, or choose other label words" : "choose other label words"});
    }
  }
}

}  // namespace

int64_t EncodedEpisode::longest() const {
  size_t longest_choice = 0;
  for (const std::vector<TokenId>& choice : choices) longest_choice = std::max(longest_choice, choice.size());
  return static_cast<int64_t>(prompt.size() + longest_choice) - 1;
}

EncodedEpisode encode_episode(const text::Tokenizer& tokenizer, const world::Episode& episode, const ReaderOptions& options) {
  check_choices(episode);
  const std::optional<TokenId> beginning = beginning_of(tokenizer, options.beginning);
  std::vector<std::vector<TokenId>> sequences;
  for (const std::string& choice : episode.choices) {
    sequences.push_back(tokenizer.encode(episode.context + choice));
    add_beginning(sequences.back(), beginning);
  }

  const size_t shared = shared_start(sequences);
  EncodedEpisode encoded;
  encoded.prompt.assign(sequences.front().begin(), sequences.front().begin() + static_cast<std::ptrdiff_t>(shared));
  if (encoded.prompt.empty()) encoded.prompt.push_back(stand_in_for_context(tokenizer, name_of(episode)));
  for (const std::vector<TokenId>& sequence : sequences) {
    encoded.choices.emplace_back(sequence.begin() + static_cast<std::ptrdiff_t>(shared), sequence.end());
    if (options.one_token) encoded.choices.back().resize(1);
  }
  check_differences(episode, encoded.choices, options.one_token);
  return encoded;
}

namespace {

// Episodes that are scored alike: with or without the normaliser.
struct Batch {
  std::vector<size_t> episodes;
  std::vector<ScoredSequence> sequences;  // the choices of each episode, in turn
};

void append(Batch& batch, size_t index, const EncodedEpisode& encoded) {
  batch.episodes.push_back(index);
  for (const std::vector<TokenId>& choice : encoded.choices) {
    ScoredSequence sequence{encoded.prompt, static_cast<int64_t>(encoded.prompt.size())};
    sequence.tokens.insert(sequence.tokens.end(), choice.begin(), choice.end());
    batch.sequences.push_back(std::move(sequence));
  }
}

// Logits of different positions cannot be added up: only choices of one token can do without the normaliser.
bool needs_normaliser(const EncodedEpisode& encoded) {
  return std::ranges::any_of(encoded.choices, [](const std::vector<TokenId>& choice) { return choice.size() > 1; });
}

}  // namespace

FewShotReader::FewShotReader(const model::Checkpoint& checkpoint, ReaderOptions options, base::Watch watch)
    : checkpoint_(checkpoint), options_(options), watch_(watch) {}

world::Answer unscored_answer(const EncodedEpisode& encoded, world::Exactness exactness) {
  world::Answer answer{.exactness = exactness, .prompt_tokens = static_cast<int64_t>(encoded.prompt.size())};
  for (const std::vector<TokenId>& choice : encoded.choices) answer.tokens.push_back(static_cast<int64_t>(choice.size()));
  return answer;
}

void check_length(const model::Checkpoint& checkpoint, const world::Episode& episode, const EncodedEpisode& encoded) {
  if (encoded.longest() <= checkpoint.lm->context()) return;
  throw base::Error({.where = name_of(episode),
                     .given = "the prompt with " + std::to_string(episode.demonstrations.size()) +
                              " demonstrations and its longest label need " + std::to_string(encoded.longest()) + " tokens",
                     .expected = "at most " + std::to_string(checkpoint.lm->context()) + ", the context of " + checkpoint.name,
                     .hint = "take fewer shots, or --too-long drop_demonstrations"});
}

world::Answers FewShotReader::answer(std::span<const world::Episode> episodes, world::Ask ask) {
  if (!can_answer(ask)) {
    throw base::Error({.where = checkpoint_.name,
                       .given = "asked for something else than a choice",
                       .expected = "Ask::choices: a few-shot reader only compares given answers"});
  }
  world::Answers answers;
  Batch exact, unnormalised;
  for (size_t index = 0; index < episodes.size(); ++index) {
    watch_.throw_if_cancelled();
    const EncodedEpisode encoded = encode_episode(*checkpoint_.tokenizer, episodes[index], options_);
    check_length(checkpoint_, episodes[index], encoded);
    const bool is_exact = options_.score.normalised || needs_normaliser(encoded);
    append(is_exact ? exact : unnormalised, index, encoded);
    answers.push_back(unscored_answer(encoded, is_exact ? world::Exactness::exact : world::Exactness::unnormalised));
  }

  for (const Batch* batch : {&exact, &unnormalised}) {
    if (batch->episodes.empty()) continue;
    ScoreOptions score = options_.score;
    score.normalised = batch == &exact;
    ScaledProgress progress(watch_, static_cast<int64_t>(batch->episodes.size()));
    const std::vector<double> scores = score_sequences(*checkpoint_.lm, batch->sequences, score, progress.watch(), &cost_);
    auto next = scores.begin();
    for (const size_t index : batch->episodes) {
      const auto end = next + static_cast<std::ptrdiff_t>(answers[index].tokens.size());
      answers[index].scores.assign(next, end);
      next = end;
    }
  }
  return answers;
}

}  // namespace manabi::learn
