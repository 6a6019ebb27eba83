#include "probe/patching/attribution.h"

#include <ATen/ATen.h>

#include <cmath>

#include "base/error.h"
#include "model/trainable/trainable_transformer.h"
#include "probe/recording.h"

namespace manabi::probe {
namespace {

using model::Site;
using model::SiteKind;

// Activations of the corrupted run at a kind of site, each a place where the metric's gradient is added up.
struct Gradients {
  double metric = 0;
  std::vector<at::Tensor> of_layer;  // axes as the site has them
};

Gradients gradients_of(const model::TrainableTransformer& network, const PatchPlan& plan, int64_t layers) {
  std::vector<at::Tensor> shifts(static_cast<size_t>(layers));
  const auto shift = [&](const Site& site, const at::Tensor& values) {
    if (site.kind != plan.site) return values;
    at::Tensor& own = shifts[static_cast<size_t>(site.layer)];
    own = at::zeros_like(values).requires_grad_(true);
    return values + own;
  };
  const std::vector<int64_t> lengths = {std::ssize(plan.corrupted)};
  const at::Tensor hidden = network.forward(network.embed(plan.corrupted), lengths, shift);
  const at::Tensor logits = network.logits(hidden.select(0, lengths[0] - 1));
  at::Tensor metric = logits[plan.metric.answer];
  if (plan.metric.foil) metric = metric - logits[*plan.metric.foil];
  metric.backward();
  Gradients gradients{.metric = metric.item<double>()};
  for (const at::Tensor& own : shifts) gradients.of_layer.push_back(own.grad());
  return gradients;
}

}  // namespace

PatchMap attribution_map(const model::CausalLM& lm, const PatchPlan& plan) {
  check_plan(lm, plan);
  const std::vector<SiteKind> without = {SiteKind::attn_scores, SiteKind::pattern, SiteKind::result};
  if (std::ranges::find(without, plan.site) != without.end())
    throw base::Error({.where = "site",
                       .given = model::pattern_of(plan.site),
                       .expected = "a site with a gradient of its own: the stream, what is added to it, q, k, v or z"});
  const std::vector<Site> sites = in_all_layers(lm, plan.site);
  const Recording clean = record(lm, plan.clean, sites), corrupted = record(lm, plan.corrupted, sites);
  const Gradients gradients = gradients_of(*lm.trainable(), plan, lm.layers());
  PatchMap map{.cells = cells_of(plan.site), .clean = measure(lm, clean.hidden, plan.metric), .corrupted = gradients.metric};
  const int64_t length = std::ssize(plan.corrupted), first = std::max<int64_t>(0, -shift_of(plan)), count = last_counterpart(plan) - first;
  for (const Site& site : sites) {
    const at::Tensor& own = corrupted.values.at(site);
    at::Tensor gains = at::zeros(own.sizes(), at::TensorOptions(own.device()).dtype(at::kFloat));
    if (count > 0) {
      const at::Tensor difference = clean.values.at(site).narrow(0, first + shift_of(plan), count) - own.narrow(0, first, count);
      gains.narrow(0, first, count)
          .copy_(difference.to(at::kFloat) * gradients.of_layer[static_cast<size_t>(site.layer)].narrow(0, first, count));
    }
    const bool by_position = map.cells == PatchCells::positions;
    const at::Tensor of_cells = by_position ? gains.view({length, -1}).sum(1) : gains.sum(at::IntArrayRef{0, 2});
    const at::Tensor values = (of_cells.to(at::kCPU, at::kDouble) + map.corrupted).contiguous();
    map.values.emplace_back(values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel());
  }
  return map;
}

MapError error_of(const PatchMap& estimate, const PatchMap& exact) {
  std::vector<double> left, right;
  for (const std::vector<double>& row : estimate.values) left.insert(left.end(), row.begin(), row.end());
  for (const std::vector<double>& row : exact.values) right.insert(right.end(), row.begin(), row.end());
  const at::Tensor a = at::tensor(left, at::kDouble), b = at::tensor(right, at::kDouble), distances = (a - b).abs();
  const at::Tensor from_mean_a = a - a.mean(), from_mean_b = b - b.mean();
  return {.correlation = (from_mean_a.dot(from_mean_b) / (from_mean_a.norm() * from_mean_b.norm())).item<double>(),
          .mean = distances.mean().item<double>(),
          .largest = distances.max().item<double>()};
}

}  // namespace manabi::probe
