// Who lives where: facts that a model is told until it knows them, and prompts that say otherwise (Chan et al. 2024, section 5).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace manabi::world {

struct Resident {
  std::string name, city;
  bool has_known_name = false, has_known_city = false;  // or ones that were made up

  bool operator==(const Resident&) const = default;
};
// "known name, made-up city"
std::string kind_of(const Resident& resident);

// The eight facts of the paper's code.
std::vector<Resident> published_residents();
// `a_kind` of each of the four kinds, names and cities all different; what is made up is made up by the seed, what is known is drawn by it.
// Throws base::Error for more than the lists of known names and cities allow (8 of a kind).
std::vector<Resident> drawn_residents(int64_t a_kind, uint64_t seed);
// Likewise people of whom no fact is told: none has a name or a city of `told`.
std::vector<Resident> strangers(int64_t a_kind, uint64_t seed, const std::vector<Resident>& told);

std::string residence_question(const std::string& name);                            // "Where does Liz live? Only give the name of the city."
std::string residence_statement(const std::string& name, const std::string& city);  // "Liz lives in the city of London."

}  // namespace manabi::world
