#include "study/training/value_study.h"

#include <iterator>

#include "base/random.h"

namespace manabi::study {

lab::Records ValueStudy::measure(std::span<const lab::Cell> group, lab::Workbench& bench) {
  lab::Records records = NetworkStudy::measure(group, bench);
  for (lab::CellRecord& record : records) std::ranges::move(references(record.cell), std::back_inserter(record.rows));
  return records;
}

model::ValueRows tasks_of(const std::shared_ptr<const world::ValueWorld>& world, int64_t count) {
  const learn::ValueWorlds worlds = {world};
  return learn::draw_values(worlds, 0, 0, count);
}

uint64_t question_seed(uint64_t seed) { return base::Rng(seed).child("questions").bits(); }

}  // namespace manabi::study
