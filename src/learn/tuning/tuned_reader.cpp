#include "learn/tuning/tuned_reader.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "model/adapters/peft_files.h"

namespace manabi::learn {
namespace {

constexpr int64_t kEpisodesTogether = 64;

model::TunedParts parts_of(const model::Adapter& adapter) {
  model::TunedParts parts;
  if (adapter.prompt.defined())
    parts.prompt = model::SoftPromptParts{.lengths = {adapter.prompt.size(0)}, .stands_in_front = adapter.soft_template.empty()};
  if (adapter.prefix.defined()) parts.prefix = model::PrefixParts{.lengths = {adapter.prefix.size(0)}};
  if (adapter.head.defined()) parts.classes = adapter.head.size(0);
  return parts;
}

// Of a folder, for this checkpoint and for any text.
model::Adapter fitting_adapter(const model::Checkpoint& checkpoint, const std::string& folder) {
  model::Adapter adapter = model::load_adapter(folder);
  model::check_fits(adapter, *checkpoint.lm, checkpoint.name, checkpoint.hash);
  if (needs_tuned_reader(adapter))
    throw base::Error(
        {.where = folder,
         .given = adapter.head.defined() ? "an adapter with a head of its own" : "an adapter whose rows stand within a task's text",
         .expected = "one that changes the model alone",
         .hint = "a study reads with it: --model NAME+FOLDER"});
  return adapter;
}

// The model with the adapter of some requests' line.
std::unique_ptr<model::CausalLM> adapted_for(const model::Checkpoint& checkpoint, const Request& request, const std::string& where) {
  try {
    return model::adapted_beside(*checkpoint.lm, fitting_adapter(checkpoint, request.adapter));
  } catch (const base::Error& error) {
    const base::Fault& fault = error.fault();
    throw base::Error({.where = fmt::format("{}:{}, {}", where, request.line, fault.where.empty() ? request.adapter : fault.where),
                       .given = fault.given,
                       .expected = fault.expected,
                       .hint = fault.hint});
  }
}

}  // namespace

bool needs_tuned_reader(const model::Adapter& adapter) { return adapter.head.defined() || !adapter.soft_template.empty(); }

void put_on(model::Checkpoint& checkpoint, const std::string& folder) {
  const model::Adapter adapter = fitting_adapter(checkpoint, folder);
  checkpoint.lm = model::adapted(std::move(checkpoint.lm), adapter);
  checkpoint.hash = base::sha256(checkpoint.hash + model::hash_of_adapter(folder));
  checkpoint.name += "+" + std::filesystem::path(folder).lexically_normal().filename().string();
}

std::vector<RequestAnswer> answer_adapted_requests(const model::Checkpoint& checkpoint, const std::vector<Request>& requests,
                                                   const std::string& where, const ReaderOptions& options, const base::Watch& watch,
                                                   ScoreCost* cost) {
  std::map<std::string, std::vector<size_t>> places_of;  // by adapter
  for (size_t i = 0; i < requests.size(); ++i) places_of[requests[i].adapter].push_back(i);
  std::vector<RequestAnswer> answers(requests.size());
  for (const auto& [folder, places] : places_of) {
    std::vector<Request> some;
    for (const size_t place : places) some.push_back(requests[place]);
    const std::unique_ptr<model::CausalLM> adapted = folder.empty() ? nullptr : adapted_for(checkpoint, some.front(), where);
    const model::CausalLM& lm = adapted ? *adapted : *checkpoint.lm;
    std::vector<RequestAnswer> own = answer_requests(lm, *checkpoint.tokenizer, some, where, options, watch, cost);
    for (size_t i = 0; i < places.size(); ++i) answers[places[i]] = std::move(own[i]);
  }
  return answers;
}

TunedReader::TunedReader(const model::Checkpoint& checkpoint, const model::Adapter& adapter, ReaderOptions options, base::Watch watch)
    : checkpoint_(checkpoint),
      options_(options),
      watch_(watch),
      network_(checkpoint.lm->frozen(checkpoint.lm->compute().dtype), parts_of(adapter)),
      parameters_(network_.plan(), 1, at::TensorOptions(network_.frozen().embedding.device()).dtype(at::kFloat)) {
  if (!adapter.soft_template.empty()) template_.emplace(adapter.soft_template, *checkpoint.tokenizer);
  if (template_ && template_->rows() != adapter.prompt.size(0))
    throw base::Error({.where = "adapter",
                       .given = fmt::format("a template of {} rows for a prompt of {}", template_->rows(), adapter.prompt.size(0)),
                       .expected = "as many"});
  if (adapter.prompt.defined()) parameters_.view("prompt.table").copy_(adapter.prompt.unsqueeze(0));
  if (adapter.prefix.defined()) parameters_.view("prefix.table").copy_(adapter.prefix.flatten(1).unsqueeze(0));
  if (adapter.head.defined()) parameters_.view("head.weight").copy_(adapter.head.unsqueeze(0));
}

world::Answers TunedReader::answer(std::span<const world::Episode> episodes, world::Ask ask) {
  if (!can_answer(ask)) throw base::Error({.given = "a question for text or values", .expected = "choices: this adapter compares them"});
  world::Answers answers;
  const tensor::ParameterLeaves leaves(parameters_);
  for (size_t begin = 0; begin < episodes.size(); begin += kEpisodesTogether) {
    watch_.throw_if_cancelled();
    const auto some = episodes.subspan(begin, std::min<size_t>(kEpisodesTogether, episodes.size() - begin));
    std::vector<JudgedEpisode> judged;
    for (const world::Episode& episode : some) {
      JudgedEpisode& each =
          judged.emplace_back(JudgedEpisode{.encoded = encode_episode(*checkpoint_.tokenizer, episode, options_), .target = episode.target});
      if (network_.parts().classes > 0 && std::ssize(episode.choices) != network_.parts().classes)
        throw base::Error({.where = "episode " + episode.id,
                           .given = fmt::format("{} choices", episode.choices.size()),
                           .expected = fmt::format("the {} classes of the adapter's head", network_.parts().classes)});
      answers.push_back(unscored_answer(each.encoded, world::Exactness::exact));
      if (template_) each.encoded.prompt = template_->around(each.encoded.prompt);
    }
    const auto scores = scores_of(network_, leaves, 0, judged, options_.score.token_budget);
    for (size_t i = 0; i < scores.size(); ++i) answers[begin + i].scores = scores[i];
    watch_.advance(std::ssize(some));
  }
  return answers;
}

}  // namespace manabi::learn
