#include "base/error.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace manabi::base {

Error::Error(Fault fault) : fault_(std::move(fault)) {
  if (!fault_.where.empty()) message_ = fault_.where + ": ";
  message_ += fault_.given;
  if (!fault_.expected.empty()) message_ += "\n  expected: " + fault_.expected;
  if (!fault_.hint.empty()) message_ += "\n  hint: " + fault_.hint;
}

namespace {

size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < left.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < right.size(); ++j) {
      const size_t substituted = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view name, std::span<const std::string> candidates) {
  std::string best;
  size_t smallest = name.size() / 2 + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = edit_distance(name, candidate);
    if (distance < smallest) {
      smallest = distance;
      best = candidate;
    }
  }
  return best;
}

std::string nearest_hint(std::string_view name, std::span<const std::string> candidates) {
  const std::string nearest = nearest_name(name, candidates);
  if (!nearest.empty()) return "did you mean '" + nearest + "'?";
  if (candidates.empty()) return "";
  std::string all = "known:";
  for (const std::string& candidate : candidates) all += " " + candidate;
  return all;
}

}  // namespace manabi::base
