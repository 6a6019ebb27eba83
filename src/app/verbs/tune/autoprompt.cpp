#include "app/verbs/tune/autoprompt.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <filesystem>
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

void save(const learn::TriggerSearch& search, const learn::LabelWords& labels, const TuneOptions& options, const Ground& ground,
          const learn::Judgement& test) {
  const fs::path folder = options.save;
  fs::create_directories(folder);
  // A token may be part of a character alone: such bytes are replaced where they are written as text.
  const text::Tokenizer& tokenizer = *ground.checkpoint.tokenizer;
  base::Json json = {{"triggers", {{"ids", search.triggers}, {"text", tokenizer.decode(search.triggers)}}},
                     {"accuracy_before", ground.before},
                     {"accuracy", test.accuracy},
                     {"dev_accuracy", search.best.accuracy}};
  for (size_t label = 0; label < labels.size(); ++label)
    json["labels"].push_back(
        {{"label", ground.dataset->label_words[label]}, {"ids", labels[label]}, {"words", texts_of(tokenizer, labels[label])}});
  for (size_t i = 0; i < search.tried.size(); ++i)
    json["tried"].push_back(
        {{"ids", search.tried[i]}, {"text", tokenizer.decode(search.tried[i])}, {"dev_accuracy", search.judged[i].accuracy}});
  base::write_text_atomically((folder / "autoprompt.json").string(), json.dump(2, ' ', false, base::Json::error_handler_t::replace) + "\n");
  model::Adapter adapter{.method = kAutoprompt,
                         .base_name = ground.checkpoint.name,
                         .base_hash = ground.checkpoint.hash,
                         .made_of = json["triggers"]["ids"].dump(),
                         .prompt = ground.network->embedded(search.triggers).cpu()};
  model::save_adapter(adapter, model::AdapterShape::of(*ground.network), folder);
}

}  // namespace

int search_prompt(const TuneOptions& options, const Ground& ground, Session& session) {
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
  session.watch.begin(fmt::format("autoprompt of {} on {}", ground.checkpoint.name, ground.dataset->name), options.steps);
  const learn::TriggerSearch search =
      learn::search_triggers(ground.network, tokenizer, train, dev, labels, first, search_options, session.watch);
  session.watch.end();
  const learn::Judgement judged = learn::judge_triggers(ground.network, search.triggers, test, labels, options.token_budget);
  save(search, labels, options, ground, judged);
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
