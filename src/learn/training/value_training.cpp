#include "learn/training/value_training.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "base/error.h"

namespace manabi::learn {
namespace {

constexpr int64_t kToldTogether = 1024;  // rows of one forward pass

at::Tensor ask(const model::ValueModel& model, const tensor::ParameterLeaves& parameters, const model::ValueRows& rows, ValuesAsked asked) {
  return asked == ValuesAsked::every ? model.every(parameters, rows) : model.last(parameters, rows).unsqueeze(2);
}

at::Tensor asked_values(const model::ValueRows& rows, int64_t asked) { return rows.values.narrow(2, rows.points() - asked, asked); }

model::ValueRows to(const model::ValueRows& rows, at::TensorOptions options) {
  return {.inputs = rows.inputs.to(options), .values = rows.values.to(options)};
}

tensor::ParameterLeaves read_only(const tensor::ParameterBuffer& parameters, int64_t replica) {
  return {parameters, replica, at::zeros({1, parameters.width()}, parameters.values().options())};
}

// What `answer` gives of rows [1, B, ...], some at a time, side by side on the CPU.
at::Tensor in_chunks(const model::ValueRows& rows, const std::function<at::Tensor(const model::ValueRows&)>& answer) {
  std::vector<at::Tensor> answers;
  for (int64_t begin = 0; begin < rows.inputs.size(1); begin += kToldTogether) {
    const int64_t count = std::min(kToldTogether, rows.inputs.size(1) - begin);
    answers.push_back(
        answer({.inputs = rows.inputs.narrow(1, begin, count), .values = rows.values.narrow(1, begin, count)}).to(at::kCPU, at::kDouble));
  }
  return at::cat(answers);
}

}  // namespace

model::ValueRows draw_values(std::span<const std::shared_ptr<const world::ValueWorld>> worlds, int64_t step, int64_t first_row, int64_t rows) {
  const world::ValueShape shape = worlds.front()->shape();
  const int64_t replicas = std::ssize(worlds), shown = worlds.front()->points_at(step);
  const at::Tensor inputs = at::empty({replicas, rows, shape.points, shape.input_width}, at::kFloat);
  const at::Tensor values = at::empty({replicas, rows, shape.points}, at::kFloat);
  float *input = inputs.data_ptr<float>(), *value = values.data_ptr<float>();
  const size_t input_count = static_cast<size_t>(inputs.stride(1)), value_count = static_cast<size_t>(values.stride(1));
  for (const auto& world : worlds) {
    if (world->points_at(step) != shown)
      throw base::Error({.given = fmt::format("worlds that show {} and {} points at step {}", shown, world->points_at(step), step),
                         .expected = "one number in networks that train together"});
    for (int64_t row = 0; row < rows; ++row, input += input_count, value += value_count)
      world->draw(step, first_row + row, {.inputs = {input, input_count}, .values = {value, value_count}});
  }
  return model::ValueRows{.inputs = inputs, .values = values}.first(shown);
}

ValueObjective::ValueObjective(const model::ValueModel& model, ValueWorlds worlds, const ValueLoss& loss, at::TensorOptions options)
    : model_(model), worlds_(std::move(worlds)), loss_(loss), options_(options) {
  for (const auto& world : worlds_)
    if (world->shape().points > model.points() || world->shape().input_width != model.input_width())
      throw base::Error({.given = fmt::format("a world of {} points of {} numbers", world->shape().points, world->shape().input_width),
                         .expected = fmt::format("at most {} points of {} numbers, as the network reads", model.points(), model.input_width())});
}

at::Tensor ValueObjective::losses(const tensor::ParameterLeaves& parameters, const BatchShare& share) const {
  const auto worlds = std::span(worlds_).subspan(static_cast<size_t>(share.first_replica), static_cast<size_t>(share.replicas));
  const model::ValueRows rows = to(draw_values(worlds, share.step, share.first_row, share.rows), options_);
  const at::Tensor told = ask(model_, parameters, rows, loss_.asked);
  const int64_t asked = told.size(2);
  const double weight = loss_.weight / static_cast<double>(share.batch * asked);
  return (told - asked_values(rows, asked)).square().sum({1, 2}) * weight;
}

at::Tensor told_values(const model::ValueModel& model, const tensor::ParameterBuffer& parameters, int64_t replica, const model::ValueRows& rows,
                       ValuesAsked asked) {
  const c10::NoGradGuard guard;
  const tensor::ParameterLeaves leaves = read_only(parameters, replica);
  return in_chunks(rows,
                   [&](const model::ValueRows& some) { return ask(model, leaves, to(some, parameters.values().options()), asked).squeeze(0); });
}

at::Tensor sensitivities(const model::ValueModel& model, const tensor::ParameterBuffer& parameters, int64_t replica,
                         const model::ValueRows& rows) {
  const tensor::ParameterLeaves leaves = read_only(parameters, replica);
  const int64_t context = rows.points() - 1;
  return in_chunks(rows, [&](const model::ValueRows& some) {
    const model::ValueRows shown = to(some, parameters.values().options());
    const at::Tensor query = shown.inputs.narrow(2, context, 1).clone().requires_grad_();
    const at::Tensor told = model.last(leaves, {.inputs = at::cat({shown.inputs.narrow(2, 0, context), query}, 2), .values = shown.values});
    told.sum().backward();
    return query.grad().squeeze(2).squeeze(0);
  });
}

at::Tensor squared_errors(const at::Tensor& told, const model::ValueRows& rows) {
  return (told - asked_values(rows, told.size(1)).squeeze(0).to(at::kDouble)).square();
}

}  // namespace manabi::learn
