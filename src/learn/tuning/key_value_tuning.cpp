#include "learn/tuning/key_value_tuning.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace manabi::learn {
namespace {

using model::TokenId;

std::vector<at::Tensor*> tuned_weights(model::TrainableTransformer& network) {
  std::vector<at::Tensor*> weights;
  for (model::TrainableLayer& layer : network.layers()) {
    weights.push_back(&layer.k.weight);
    weights.push_back(&layer.v.weight);
  }
  return weights;
}

at::Tensor next_token_loss(const model::TrainableTransformer& network, std::span<const TokenId> tokens,
                           const model::TrainableTransformer::Edit& look) {
  const std::vector<int64_t> lengths = {std::ssize(tokens)};
  const int64_t asked = lengths[0] - 1;  // the last token is read too: queries of all tokens are looked at
  const at::Tensor hidden = network.forward(network.embed(tokens), lengths, look).narrow(0, 0, asked);
  at::Tensor targets = at::empty({asked}, at::kLong);
  for (int64_t i = 0; i < asked; ++i) targets[i] = static_cast<int64_t>(tokens[static_cast<size_t>(i) + 1]);
  return at::cross_entropy_loss(network.logits(hidden), targets.to(hidden.device()));
}

}  // namespace

std::vector<double> tune_keys_and_values(model::TrainableTransformer& network, std::span<const std::vector<TokenId>> rows, double lr,
                                         const SeeQueries& see, const base::Watch& watch) {
  if (!(lr > 0 && lr <= std::numeric_limits<float>::max()))
    throw base::Error({.given = fmt::format("a rate of {}", lr), .expected = "a positive number of single precision"});
  const std::vector<at::Tensor*> weights = tuned_weights(network);
  for (at::Tensor* weight : weights) weight->requires_grad_(true);
  std::vector<double> losses;
  for (size_t row = 0; row < rows.size(); ++row) {
    watch.throw_if_cancelled();
    const auto look = [&](const model::Site& site, const at::Tensor& values) {
      if (see && site.kind == model::SiteKind::q) see(row, site.layer, values.detach());
      return values;
    };
    const at::Tensor loss = next_token_loss(network, rows[row], look);
    losses.push_back(loss.item<double>());
    if (!std::isfinite(losses.back()))
      throw base::Error({.where = fmt::format("step {}", row),
                         .given = fmt::format("a loss of {} at a rate of {}", losses.back(), lr),
                         .expected = "a finite loss",
                         .hint = "a smaller rate"});
    loss.backward();
    for (at::Tensor* weight : weights) {
      weight->detach().sub_(weight->grad(), lr);
      weight->mutable_grad().reset();
    }
  }
  for (at::Tensor* weight : weights) weight->requires_grad_(false);
  return losses;
}

}  // namespace manabi::learn
