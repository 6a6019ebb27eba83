#include "model/network/position_encoding.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "base/error.h"

namespace manabi::model {
namespace {

// Angles [T, width / 2]: those of wave i turn by base^(-2 i / width) from one place to the next.
at::Tensor angles_at(const std::vector<int64_t>& places, int64_t width, double base) {
  const at::Tensor frequencies = at::pow(base, at::arange(width / 2, at::kDouble) * (-2.0 / static_cast<double>(width)));
  return at::tensor(places, at::kDouble).unsqueeze(1) * frequencies;
}

int64_t count_of(const std::vector<int64_t>& places) { return places.empty() ? 0 : places.back() + 1; }

bool are_all_different(const std::vector<int64_t>& places) { return count_of(places) == std::ssize(places); }

void check_base(const char* where, double base) {
  if (std::isfinite(base) && base > 0) return;
  throw base::Error({.where = where, .given = fmt::format("{}", base), .expected = "a finite number above 0"});
}

void check(const PositionConfig& config, const PositionShape& shape) {
  const auto refuse = [](const char* where, std::string given, const char* expected) {
    throw base::Error({.where = where, .given = std::move(given), .expected = expected});
  };
  if (config.scheme == Positions::sinusoidal) {
    check_base("model.longest_period", config.longest_period);
    if (shape.width % 2 != 0)
      refuse("model.positions, model.width", fmt::format("sinusoidal positions over a width of {}", shape.width), "an even width");
  }
  if (config.scheme == Positions::rotary) {
    check_base("model.rotary_base", config.rotary_base);
    if (shape.heads < 1 || shape.width % (2 * shape.heads) != 0)
      refuse("model.positions, model.heads, model.width",
             fmt::format("rotary positions in {} heads over a width of {}", shape.heads, shape.width), "heads of an even width each");
  }
  if (config.scheme == Positions::one_hot && count_of(shape.places) >= shape.width)
    refuse("model.positions, model.width", fmt::format("one-hot positions of {} places in a width of {}", count_of(shape.places), shape.width),
           "a width that leaves room for the token");
}

}  // namespace

int64_t content_width(const PositionConfig& config, const PositionShape& shape) {
  check(config, shape);
  return config.scheme == Positions::one_hot ? shape.width - count_of(shape.places) : shape.width;
}

at::Tensor added_positions(const PositionConfig& config, const PositionShape& shape) {
  tensor::ParameterPlan none;
  if (config.scheme != Positions::sinusoidal && config.scheme != Positions::one_hot) return {};
  const PositionEncoding encoding(config, shape, {}, none);
  const at::Tensor content = at::zeros({1, 1, std::ssize(shape.places), content_width(config, shape)}, at::kFloat);
  const tensor::ParameterBuffer empty(none, 1, at::kFloat);
  return encoding.placed({empty, 0, at::zeros({1, 0})}, content)[0][0];
}

PositionEncoding::PositionEncoding(const PositionConfig& config, const PositionShape& shape, tensor::ParameterShape table,
                                   tensor::ParameterPlan& plan)
    : scheme_(config.scheme), places_(shape.places) {
  check(config, shape);
  switch (scheme_) {
    case Positions::none:
      break;
    case Positions::learned:
      table.sizes = {count_of(places_), shape.width};
      table_ = plan.add(std::move(table));
      break;
    case Positions::sinusoidal: {
      const at::Tensor angles = angles_at(places_, shape.width, config.longest_period);
      fixed_ = at::cat({angles.sin(), angles.cos()}, 1);
      break;
    }
    case Positions::rotary: {
      const at::Tensor angles = angles_at(places_, shape.width / shape.heads, config.rotary_base);
      cosines_ = angles.cos();
      sines_ = angles.sin();
      break;
    }
    case Positions::one_hot:
      fixed_ = at::eye(count_of(places_), at::kDouble).index_select(0, at::tensor(places_, at::kLong));
      break;
  }
}

at::Tensor PositionEncoding::learned_rows(const tensor::ParameterLeaves& parameters, int64_t length) const {
  const at::Tensor rows = tensor::plain(parameters[*table_]);
  if (are_all_different(places_)) return rows.narrow(1, 0, length);
  return rows.index_select(1, at::tensor(places_, at::kLong).narrow(0, 0, length).to(rows.device()));
}

at::Tensor PositionEncoding::placed(const tensor::ParameterLeaves& parameters, const at::Tensor& content) const {
  const int64_t length = content.size(2);
  if (table_) return content + learned_rows(parameters, length).unsqueeze(1);
  if (!fixed_.defined()) return content;
  const at::Tensor fixed = fixed_.narrow(0, 0, length).to(content.device(), content.scalar_type());
  if (scheme_ == Positions::sinusoidal) return content + fixed;
  return at::cat({fixed.expand({content.size(0), content.size(1), length, fixed.size(1)}), content}, 3);
}

tensor::Rotation PositionEncoding::rotation(const at::Tensor& like) const {
  if (!cosines_.defined()) return {};
  const auto first = [&](const at::Tensor& all) { return all.narrow(0, 0, like.size(2)).to(like.device(), like.scalar_type()).contiguous(); };
  return {.cosines = first(cosines_), .sines = first(sines_)};
}

}  // namespace manabi::model
