#include "world/knowledge/residents.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include "base/error.h"
#include "base/random.h"

namespace manabi::world {
namespace {

constexpr int64_t kMostOfAKind = 8;

constexpr std::array<const char*, 48> kNames = {
    "Alice",  "Boris",  "Carla",  "David",  "Elena",   "Frank",  "Grace",  "Henry",  "Irene",  "Jonas",  "Karen",  "Louis",
    "Maria",  "Nadia",  "Oscar",  "Paula",  "Quentin", "Rosa",   "Simon",  "Teresa", "Ulrich", "Vera",   "Walter", "Yvonne",
    "Arthur", "Brenda", "Clara",  "Daniel", "Edith",   "Felix",  "Gloria", "Harold", "Ingrid", "Julian", "Kevin",  "Laura",
    "Martin", "Norman", "Olivia", "Peter",  "Rachel",  "Steven", "Tamara", "Victor", "Wendy",  "Andrea", "Bruno",  "Diana"};
constexpr std::array<const char*, 48> kCities = {
    "Athens",  "Berlin", "Cairo",   "Dublin",   "Edinburgh", "Florence", "Geneva",  "Hamburg",  "Istanbul",  "Jakarta",   "Kyoto",  "Lisbon",
    "Madrid",  "Naples", "Oslo",    "Paris",    "Quito",     "Rome",     "Seville", "Tokyo",    "Utrecht",   "Vienna",    "Zurich", "Boston",
    "Chicago", "Denver", "Houston", "Lagos",    "Milan",     "Nairobi",  "Prague",  "Riga",     "Sydney",    "Toronto",   "Venice", "Austin",
    "Bogota",  "Delhi",  "Havana",  "Helsinki", "Lima",      "Moscow",   "Seoul",   "Shanghai", "Singapore", "Stockholm", "Tehran", "Brussels"};

// Letters in an order that no name has.
std::string made_up_word(base::Rng& rng) {
  constexpr std::string_view kConsonants = "bcdfghjklmnpqrstvwxz", kVowels = "aeiouy";
  const int64_t length = 5 + static_cast<int64_t>(rng.below(4));
  std::string word;
  for (int64_t i = 0; i < length; ++i) {
    const std::string_view letters = rng.below(3) == 0 ? kVowels : kConsonants;
    word += letters[rng.below(letters.size())];
  }
  word[0] = static_cast<char>(word[0] - 'a' + 'A');
  return word;
}

// Words one after another, none twice and none that is taken.
class WordSource {
 public:
  WordSource(std::span<const char* const> known, base::Rng rng, std::set<std::string> taken)
      : rng_(rng), taken_(std::move(taken)), known_(known.begin(), known.end()) {
    rng_.shuffle(std::span(known_));
  }
  std::string next(bool is_known) {
    while (true) {
      std::string word;
      if (is_known) {
        word = known_.back();
        known_.pop_back();
      } else {
        word = made_up_word(rng_);
      }
      if (taken_.insert(word).second) return word;
    }
  }

 private:
  base::Rng rng_;
  std::set<std::string> taken_;
  std::vector<std::string> known_;
};

std::vector<Resident> drawn(int64_t a_kind, const base::Rng& rng, const std::vector<Resident>& told) {
  if (a_kind < 1 || a_kind > kMostOfAKind)
    throw base::Error({.where = "facts of a kind", .given = std::to_string(a_kind), .expected = fmt::format("1 to {}", kMostOfAKind)});
  std::set<std::string> taken_names, taken_cities;
  for (const Resident& each : told) {
    taken_names.insert(each.name);
    taken_cities.insert(each.city);
  }
  WordSource names(kNames, rng.child("names"), std::move(taken_names)), cities(kCities, rng.child("cities"), std::move(taken_cities));
  std::vector<Resident> residents;
  for (const auto& [known_name, known_city] : {std::pair{true, true}, {true, false}, {false, true}, {false, false}})
    for (int64_t i = 0; i < a_kind; ++i)
      residents.push_back(
          {.name = names.next(known_name), .city = cities.next(known_city), .has_known_name = known_name, .has_known_city = known_city});
  return residents;
}

}  // namespace

std::string kind_of(const Resident& resident) {
  return fmt::format("{} name, {} city", resident.has_known_name ? "known" : "made-up", resident.has_known_city ? "known" : "made-up");
}

std::vector<Resident> published_residents() {
  return {{"Cxx1h", "Lkkl", false, false},      {"Vzbiik", "Plooqujhd", false, false}, {"Mmojkr", "Nwops", false, false},
          {"Trrrrqe", "Qtbnaaa", false, false}, {"Benjamin", "Buenos", true, true},    {"Liz", "London", true, true},
          {"Kaitlyn", "Kingston", true, true},  {"Wiesa", "Warsaw", true, true}};
}

std::vector<Resident> drawn_residents(int64_t a_kind, uint64_t seed) { return drawn(a_kind, base::Rng(seed).child("residents"), {}); }

std::vector<Resident> strangers(int64_t a_kind, uint64_t seed, const std::vector<Resident>& told) {
  return drawn(a_kind, base::Rng(seed).child("strangers"), told);
}

std::string residence_question(const std::string& name) { return fmt::format("Where does {} live? Only give the name of the city.", name); }

std::string residence_statement(const std::string& name, const std::string& city) {
  return fmt::format("{} lives in the city of {}.", name, city);
}

}  // namespace manabi::world
