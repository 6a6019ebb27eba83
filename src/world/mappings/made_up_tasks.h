// Tasks that no network can know before it reads the demonstrations, and such that take two steps: where a single vector may not suffice.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "world/mappings/mapping_prompts.h"

namespace manabi::world {

// How much the demonstrations must say.
enum class Novelty {
  two_steps,       // which two known rules follow each other
  labels,          // what two known classes are called in this prompt
  correspondence,  // what each of the shown inputs belongs to in this prompt
};
std::string name_of(Novelty novelty);  // "two known steps", "labels made up", "pairs made up"

struct MadeUpTask {
  std::string name;
  Novelty novelty = Novelty::two_steps;
  // A pure function of its arguments: what is made up is made up for this item alone. Of a correspondence the query and the dummies are among
  // the demonstrations, and the dummies are not the query.
  std::function<MappingItem(const base::Rng& rng, const MappingDraw& draw)> draw;
};

// Two of each kind, from built-in lists.
std::vector<MadeUpTask> made_up_tasks(const std::string& assets_folder);

}  // namespace manabi::world
