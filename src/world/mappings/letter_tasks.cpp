#include "world/mappings/letter_tasks.h"

#include <functional>
#include <map>
#include <set>

#include "base/random.h"
#include "world/mappings/mapping_world.h"

namespace manabi::world {
namespace {

constexpr int64_t kLists = 1000;
constexpr uint64_t kListSeed = 41;

std::string letter(int64_t index) { return std::string(1, static_cast<char>('a' + index)); }
std::string capital(int64_t index) { return std::string(1, static_cast<char>('A' + index)); }

// One pair for every letter from `first` on, `count` of them.
std::vector<Mapping> pairs_of(int64_t first, int64_t count, const std::function<Mapping(int64_t)>& pair) {
  std::vector<Mapping> pairs;
  for (int64_t index = first; index < first + count; ++index) pairs.push_back(pair(index));
  return pairs;
}

std::vector<Mapping> list_pairs(bool wants_first) {
  base::Rng rng(kListSeed);
  std::vector<Mapping> pairs;
  std::set<std::string> seen;
  while (std::ssize(pairs) < kLists) {
    const auto length = static_cast<size_t>(2 + std::ssize(pairs) % 3);
    std::vector<std::string> letters;
    for (size_t i = 0; i < length; ++i) letters.push_back(letter(static_cast<int64_t>(rng.below(26))));
    std::string list = letters.front();
    for (size_t i = 1; i < length; ++i) list += "," + letters[i];
    if (seen.insert(list).second) pairs.push_back({list, wants_first ? letters.front() : letters.back()});
  }
  return pairs;
}

using Maker = std::function<std::vector<Mapping>()>;

const std::map<std::string, Maker>& makers() {
  static const std::map<std::string, Maker> all = {
      {"next_letter", [] { return pairs_of(0, 25, [](int64_t i) {
                             return Mapping{letter(i), letter(i + 1)};
                           }); }},
      {"prev_letter", [] { return pairs_of(1, 25, [](int64_t i) {
                             return Mapping{letter(i), letter(i - 1)};
                           }); }},
      {"list_first", [] { return list_pairs(true); }},
      {"list_last", [] { return list_pairs(false); }},
      {"to_upper", [] { return pairs_of(0, 26, [](int64_t i) {
                          return Mapping{letter(i), capital(i)};
                        }); }},
      {"to_lower", [] { return pairs_of(0, 26, [](int64_t i) {
                          return Mapping{capital(i), letter(i)};
                        }); }},
  };
  return all;
}

}  // namespace

std::vector<std::string> letter_task_names() { return {"next_letter", "prev_letter", "list_first", "list_last", "to_upper", "to_lower"}; }

std::vector<Mapping> letter_pairs(const std::string& name) { return makers().at(name)(); }

std::vector<MappingTask> letter_curriculum(int64_t bijections, uint64_t seed) {
  std::vector<MappingTask> tasks;
  const auto add = [&](const std::string& name, std::vector<Mapping> pairs) {
    tasks.push_back({.name = name, .kind = "algorithmic", .pairs = std::move(pairs)});
  };
  for (const std::string& name : letter_task_names()) add(name, letter_pairs(name));
  add("identity", pairs_of(0, 26, [](int64_t i) { return Mapping{letter(i), letter(i)}; }));
  for (int64_t index = 0; index < bijections; ++index) {
    base::Rng rng = base::Rng(seed).child("bijection").child(static_cast<uint64_t>(index));
    const std::vector<int64_t> images = rng.permutation(26);
    add("bijection_" + std::to_string(index), pairs_of(0, 26, [&](int64_t i) {
          return Mapping{letter(i), letter(images[static_cast<size_t>(i)])};
        }));
  }
  return tasks;
}

std::vector<std::string> letter_symbols(std::span<const MappingTask> named) {
  std::vector<std::string> symbols = {"example:", "->", "\n", ","};
  for (int64_t i = 0; i < 26; ++i) symbols.push_back(letter(i));
  for (int64_t i = 0; i < 26; ++i) symbols.push_back(capital(i));
  for (const MappingTask& task : named) symbols.push_back(symbol_of_task(task));
  return symbols;
}

}  // namespace manabi::world
