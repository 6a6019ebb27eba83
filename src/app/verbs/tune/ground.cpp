#include "app/verbs/tune/ground.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "learn/scoring/few_shot_reader.h"
#include "tensor/device.h"

namespace manabi::app {
namespace {

double accuracy_of(const std::vector<world::Answer>& answers, std::span<const world::Episode> episodes) {
  int64_t right = 0;
  for (size_t i = 0; i < answers.size(); ++i) right += answers[i].best() == episodes[i].target;
  return static_cast<double>(right) / static_cast<double>(std::max<size_t>(1, answers.size()));
}

learn::SplitSizes sizes_of(const TuneOptions& options) { return {.train = options.train, .dev = options.dev, .test = options.test}; }

}  // namespace

std::vector<learn::JudgedEpisode> Ground::encoded(std::span<const world::Episode> episodes) const {
  return learn::encode_all(*checkpoint.tokenizer, episodes, reader, soft_template ? &*soft_template : nullptr);
}

Ground open_ground(const TuneOptions& options, const Session& session) {
  Ground ground{.dataset = world::DatasetCatalogue(session.assets_folder, options.data).open(options.task),
                .checkpoint = options.model.open(session.watch)};
  const world::ZeroShot task(ground.dataset, options.template_index);
  ground.reader.beginning = learn::parse_beginning_token(options.model.beginning);
  ground.reader.score.token_budget = options.token_budget;
  ground.splits = learn::draw_splits(task, sizes_of(options), static_cast<uint64_t>(options.seed));
  if (!options.soft_template.empty()) ground.soft_template.emplace(options.soft_template, *ground.checkpoint.tokenizer);
  ground.network = ground.checkpoint.lm->frozen(tensor::parse_dtype(options.model.dtype));
  return ground;
}

void judge_untuned(Ground& ground, const Session& session) {
  learn::FewShotReader reader(ground.checkpoint, ground.reader, {.cancel = session.watch.cancel});
  ground.before = accuracy_of(reader.answer(ground.splits.test, world::Ask::choices), ground.splits.test);
  session.messages << fmt::format("{}: {:.1f} % of {} without tuning\n", ground.dataset->name, 100 * ground.before, ground.splits.test.size());
}

}  // namespace manabi::app
