#include "world/images/random_characters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/random.h"
#include "world/require.h"

namespace manabi::world {
namespace {

// Lengths are shares of the image's side.
constexpr double kMargin = 0.15;          // that control points keep from the edge
constexpr double kPointDeviation = 0.02;  // of a control point from drawing to drawing
constexpr double kTurnDeviation = 0.08;   // of a whole drawing, radians
constexpr double kSizeDeviation = 0.08;
constexpr double kShiftDeviation = 0.03;
constexpr double kPenRadius = 0.022;
constexpr int64_t kMostStrokes = 4, kFewestPoints = 3, kMostPoints = 5;
constexpr int64_t kPiecesOfSpan = 12;  // straight pieces between two control points

struct Point {
  double x = 0, y = 0;
};
using Stroke = std::vector<Point>;

int64_t between(base::Rng& rng, int64_t least, int64_t most) {
  return least + static_cast<int64_t>(rng.below(static_cast<uint64_t>(most - least + 1)));
}

// The control points of a character's strokes.
std::vector<Stroke> strokes_of_character(base::Rng rng) {
  std::vector<Stroke> strokes(static_cast<size_t>(between(rng, 1, kMostStrokes)));
  const auto place = [&] { return kMargin + (1 - 2 * kMargin) * rng.uniform(); };
  for (Stroke& stroke : strokes) {
    stroke.resize(static_cast<size_t>(between(rng, kFewestPoints, kMostPoints)));
    for (Point& point : stroke) point = {.x = place(), .y = place()};
  }
  return strokes;
}

// As one person draws it: every point a little off, the whole turned, sized and moved about its middle.
std::vector<Stroke> redrawn(std::vector<Stroke> strokes, base::Rng rng) {
  const double turn = kTurnDeviation * rng.normal(), size = std::exp(kSizeDeviation * rng.normal());
  const Point shift = {.x = kShiftDeviation * rng.normal(), .y = kShiftDeviation * rng.normal()};
  for (Stroke& stroke : strokes) {
    for (Point& point : stroke) {
      const double x = point.x + kPointDeviation * rng.normal() - 0.5, y = point.y + kPointDeviation * rng.normal() - 0.5;
      point = {.x = 0.5 + shift.x + size * (std::cos(turn) * x - std::sin(turn) * y),
               .y = 0.5 + shift.y + size * (std::sin(turn) * x + std::cos(turn) * y)};
    }
  }
  return strokes;
}

// Between p1 and p2 on the Catmull-Rom curve through four points.
Point on_curve(const Point& p0, const Point& p1, const Point& p2, const Point& p3, double t) {
  const auto blend = [&](double a, double b, double c, double d) {
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t);
  };
  return {.x = blend(p0.x, p1.x, p2.x, p3.x), .y = blend(p0.y, p1.y, p2.y, p3.y)};
}

// The smooth curve through a stroke's points, as points close to each other.
Stroke curve_through(const Stroke& stroke) {
  const auto at = [&](size_t i) { return stroke[std::min(i, stroke.size() - 1)]; };
  Stroke curve;
  for (size_t span = 0; span + 1 < stroke.size(); ++span)
    for (int64_t piece = 0; piece < kPiecesOfSpan; ++piece)
      curve.push_back(on_curve(at(span == 0 ? 0 : span - 1), at(span), at(span + 1), at(span + 2),
                               static_cast<double>(piece) / static_cast<double>(kPiecesOfSpan)));
  curve.push_back(stroke.back());
  return curve;
}

double distance(const Point& point, const Point& begin, const Point& end) {
  const double dx = end.x - begin.x, dy = end.y - begin.y, squared = dx * dx + dy * dy;
  const double along = squared > 0 ? std::clamp(((point.x - begin.x) * dx + (point.y - begin.y) * dy) / squared, 0.0, 1.0) : 0;
  return std::hypot(point.x - begin.x - along * dx, point.y - begin.y - along * dy);
}

// Ink where a pixel's middle lies within the pen of the piece, fading over one pixel at its edge.
void draw_piece(const Point& begin, const Point& end, int64_t side, std::span<uint8_t> ink) {
  const double pixel = 1 / static_cast<double>(side), reach = kPenRadius + pixel;
  const auto first = [&](double least) { return std::clamp<int64_t>(std::llround(std::floor((least - reach) / pixel)), 0, side); };
  const auto after = [&](double most) { return std::clamp<int64_t>(std::llround(std::ceil((most + reach) / pixel)), 0, side); };
  for (int64_t row = first(std::min(begin.y, end.y)); row < after(std::max(begin.y, end.y)); ++row) {
    for (int64_t column = first(std::min(begin.x, end.x)); column < after(std::max(begin.x, end.x)); ++column) {
      const Point middle = {.x = (static_cast<double>(column) + 0.5) * pixel, .y = (static_cast<double>(row) + 0.5) * pixel};
      const double covered = std::clamp(0.5 + (kPenRadius - distance(middle, begin, end)) / pixel, 0.0, 1.0);
      uint8_t& value = ink[static_cast<size_t>(row * side + column)];
      value = std::max(value, static_cast<uint8_t>(std::lround(255 * covered)));
    }
  }
}

void draw(const std::vector<Stroke>& strokes, int64_t side, std::span<uint8_t> ink) {
  for (const Stroke& stroke : strokes) {
    const Stroke curve = curve_through(stroke);
    for (size_t i = 0; i + 1 < curve.size(); ++i) draw_piece(curve[i], curve[i + 1], side, ink);
  }
}

}  // namespace

Drawings random_characters(const RandomCharactersConfig& config) {
  require(config.characters >= 1 && config.exemplars >= 1 && config.side >= 1,
          {.where = "random characters",
           .given = fmt::format("{} characters, {} exemplars, side {}", config.characters, config.exemplars, config.side),
           .expected = "at least 1 each"});
  Drawings all{.name = "random strokes", .source = "built in: smooth curves from a seed", .side = config.side, .exemplars = config.exemplars};
  const auto pixels = static_cast<size_t>(config.side * config.side);
  all.ink.resize(static_cast<size_t>(config.characters * config.exemplars) * pixels);
  const base::Rng root = base::Rng(config.seed).child("random characters");
  for (int64_t character = 0; character < config.characters; ++character) {
    all.characters.push_back(fmt::format("strokes/{}", character));
    const base::Rng own = root.child(static_cast<uint64_t>(character));
    const std::vector<Stroke> strokes = strokes_of_character(own.child("strokes"));
    for (int64_t exemplar = 0; exemplar < config.exemplars; ++exemplar)
      draw(redrawn(strokes, own.child(static_cast<uint64_t>(exemplar))), config.side,
           std::span(all.ink).subspan(static_cast<size_t>(character * config.exemplars + exemplar) * pixels, pixels));
  }
  return all;
}

}  // namespace manabi::world
