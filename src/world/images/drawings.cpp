#include "world/images/drawings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/hash.h"

namespace manabi::world {
namespace {

// How much of pixel `from` (of `side` in a row) lies under pixel `to` of a row of `count`, as a share of the latter.
double overlap(int64_t from, int64_t side, int64_t to, int64_t count) {
  const double scale = static_cast<double>(side) / static_cast<double>(count);
  const double begin = std::max(static_cast<double>(from), static_cast<double>(to) * scale);
  const double end = std::min(static_cast<double>(from + 1), static_cast<double>(to + 1) * scale);
  return std::max(0.0, end - begin) / scale;
}

// rows [height, side] -> [height, count].
std::vector<double> scaled_rows(const std::vector<double>& rows, int64_t side, int64_t count) {
  const int64_t height = std::ssize(rows) / side;
  std::vector<double> scaled(static_cast<size_t>(height * count));
  for (int64_t to = 0; to < count; ++to) {
    const int64_t first = to * side / count, last = ((to + 1) * side + count - 1) / count;
    for (int64_t from = first; from < last; ++from) {
      const double share = overlap(from, side, to, count);
      for (int64_t y = 0; y < height; ++y) scaled[static_cast<size_t>(y * count + to)] += share * rows[static_cast<size_t>(y * side + from)];
    }
  }
  return scaled;
}

std::vector<double> transposed(const std::vector<double>& rows, int64_t width) {
  const int64_t height = std::ssize(rows) / width;
  std::vector<double> columns(rows.size());
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) columns[static_cast<size_t>(x * height + y)] = rows[static_cast<size_t>(y * width + x)];
  return columns;
}

}  // namespace

std::string Drawings::hash() const {
  std::string all = fmt::format("{} {}\n", side, exemplars);
  for (const std::string& character : characters) all += character + "\n";
  all.append(reinterpret_cast<const char*>(ink.data()), ink.size());
  return base::sha256(all);
}

std::vector<uint8_t> area_scaled(std::span<const uint8_t> image, int64_t side, int64_t to) {
  if (side == to) return {image.begin(), image.end()};
  const std::vector<double> narrow = scaled_rows({image.begin(), image.end()}, side, to);  // [side, to]
  const std::vector<double> small = scaled_rows(transposed(narrow, to), side, to);         // [to, to], columns first
  std::vector<uint8_t> result;
  for (const double value : transposed(small, to)) result.push_back(static_cast<uint8_t>(std::lround(value)));
  return result;
}

}  // namespace manabi::world
