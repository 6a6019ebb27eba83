#include "app/verbs/tune/autoprompt.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <ostream>

#include "base/file.h"
#include "base/format/json.h"
#include "learn/tuning/trigger_search.h"
#include "model/adapters/peft_files.h"

namespace manabi::app {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> texts_of(const text::Tokenizer& tokenizer, const std::vector<text::TokenId>& ids) {
  std::vector<std::string> texts;
  for (const text::TokenId id : ids) texts.push_back(tokenizer.bytes_of(id));
  return texts;
}

constexpr const char* kStateFile = "autoprompt-state.json";

base::Json json_of(const learn::Judgement& judgement) { return {judgement.accuracy, judgement.loss}; }

// A loss that is no number is written as null.
learn::Judgement judgement_of(const base::Json& json) {
  return {.accuracy = json.at(0).get<double>(),
          .loss = json.at(1).is_number() ? json.at(1).get<double>() : std::numeric_limits<double>::quiet_NaN()};
}

void write_state(const learn::TriggerState& state, const base::Json& description, const fs::path& file) {
  base::Json judged = base::Json::array();
  for (const learn::Judgement& judgement : state.search.judged) judged.push_back(json_of(judgement));
  const base::Json json = {{"made_of", description},
                           {"iterations", state.iterations},
                           {"current", state.current},
                           {"triggers", state.search.triggers},
                           {"best", json_of(state.search.best)},
                           {"judged", judged},
                           {"tried", state.search.tried}};
  base::write_text_atomically(file.string(), json.dump() + "\n");
}

// What a search of this description had come to, or the beginning.
learn::TriggerState read_state(const base::Json& description, const fs::path& file) {
  if (!fs::exists(file)) return {};
  const base::Json json = base::read_json(file.string());
  if (json.value("made_of", base::Json()) != description) return {};
  learn::TriggerState state{.iterations = json.at("iterations").get<int64_t>(), .current = json.at("current").get<std::vector<text::TokenId>>()};
  state.search.triggers = json.at("triggers").get<std::vector<text::TokenId>>();
  state.search.best = judgement_of(json.at("best"));
  for (const base::Json& judgement : json.at("judged")) state.search.judged.push_back(judgement_of(judgement));
  state.search.tried = json.at("tried").get<std::vector<std::vector<text::TokenId>>>();
  return state;
}

void save(const learn::TriggerSearch& search, const learn::LabelWords& labels, const TuneOptions& options, const Ground& ground,
          const base::Json& description, const learn::Judgement& test) {
  const fs::path folder = options.save;
  // A token may be part of a character alone: such bytes are replaced where they are written as text.
  const text::Tokenizer& tokenizer = *ground.checkpoint.tokenizer;
  base::Json json = {{"triggers", {{"ids", search.triggers}, {"text", tokenizer.decode(search.triggers)}}},
                     {"accuracy_before", ground.before},
                     {"accuracy", test.accuracy},
                     {"dev_accuracy", search.best.accuracy},
                     {"made_of", description}};
  for (size_t label = 0; label < labels.size(); ++label)
    json["labels"].push_back(
        {{"label", ground.dataset->label_words[label]}, {"ids", labels[label]}, {"words", texts_of(tokenizer, labels[label])}});
  for (size_t i = 0; i < search.tried.size(); ++i)
    json["tried"].push_back(
        {{"ids", search.tried[i]}, {"text", tokenizer.decode(search.tried[i])}, {"dev_accuracy", search.judged[i].accuracy}});
  base::write_text_atomically((folder / kAutopromptFile).string(), json.dump(2, ' ', false, base::Json::error_handler_t::replace) + "\n");
  model::Adapter adapter{.method = kAutoprompt,
                         .base_name = ground.checkpoint.name,
                         .base_hash = ground.checkpoint.hash,
                         .made_of = json["triggers"]["ids"].dump(),
                         .prompt = ground.network->embedded(search.triggers).cpu()};
  model::save_adapter(adapter, model::AdapterShape::of(*ground.network), folder);
}

}  // namespace

int search_prompt(const TuneOptions& options, const Ground& ground, const base::Json& description, Session& session) {
  const text::Tokenizer& tokenizer = *ground.checkpoint.tokenizer;
  const std::vector<learn::JudgedEpisode> train = ground.encoded(ground.splits.train), dev = ground.encoded(ground.splits.dev),
                                          test = ground.encoded(ground.splits.test);
  const learn::LabelWords labels = options.label_words > 0
                                       ? learn::search_label_words(*ground.checkpoint.lm, *ground.network, tokenizer, train,
                                                                   ground.dataset->classes(), options.label_words, options.token_budget)
                                       : learn::own_label_words(test.front());
  const learn::TriggerOptions search_options{.triggers = options.length.front(),
                                             .candidates = options.candidates,
                                             .batch = options.batch,
                                             .batches = options.batches,
                                             .iterations = options.steps,
                                             .seed = static_cast<uint64_t>(options.seed),
                                             .token_budget = options.token_budget};
  const std::vector<text::TokenId> first = tokenizer.encode(options.init_text.empty() ? " the" : options.init_text);
  fs::create_directories(options.save);
  const fs::path state_file = fs::path(options.save) / kStateFile;
  const learn::TriggerState state = read_state(description, state_file);
  if (state.iterations > 0) session.messages << fmt::format("going on after iteration {}\n", state.iterations);
  session.watch.begin(fmt::format("autoprompt of {} on {}", ground.checkpoint.name, ground.dataset->name), options.steps - state.iterations);
  const learn::TriggerSearch search =
      learn::search_triggers(ground.network, tokenizer, train, dev, labels, first, search_options, session.watch, state,
                             [&](const learn::TriggerState& now) { write_state(now, description, state_file); });
  session.watch.end();
  const learn::Judgement judged = learn::judge_triggers(ground.network, search.triggers, test, labels, options.token_budget);
  save(search, labels, options, ground, description, judged);
  fs::remove(state_file);
  const std::string words = tokenizer.decode(search.triggers);
  if (options.json)
    session.out << base::Json{{"accuracy", judged.accuracy},
                              {"accuracy_before", ground.before},
                              {"text", words},
                              {"ids", search.triggers},
                              {"path", options.save}}
                       .dump(-1, ' ', false, base::Json::error_handler_t::replace)
                << "\n";
  else
    session.out << fmt::format("{:.1f} % with \"{}\" in front ({:.1f} % on dev), {:.1f} % without\n{}\n", 100 * judged.accuracy, words,
                               100 * search.best.accuracy, 100 * ground.before, options.save);
  return 0;
}

}  // namespace manabi::app
