#include "study/general_learner/settings.h"

#include <fmt/format.h>

namespace manabi::study::general_learner {

lab::Coordinates Setting::at() const {
  return {{kTasks, std::to_string(log_tasks)},
          {kPlainShare, fmt::format("{}", plain_share)},
          {kNetworkKind, network},
          {kWidth, std::to_string(width)},
          {kBatch, std::to_string(batch)},
          {kEpsilon, fmt::format("{}", epsilon)},
          {kImages, images},
          {kSteps, std::to_string(steps)}};
}

std::string Setting::title() const {
  std::string title = fmt::format("2^{} tasks, {} {}, plain {}", log_tasks, network, width, plain_share);
  const Setting usual;
  if (batch != usual.batch) title += fmt::format(", batch {}", batch);
  if (epsilon != usual.epsilon) title += fmt::format(", epsilon {}", epsilon);
  if (images != usual.images) title += ", " + images + " images";
  if (steps != usual.steps) title += fmt::format(", {} steps", steps);
  return title;
}

Setting setting_of(const lab::Coordinates& at) {
  return {.log_tasks = lab::integer_at(at, kTasks),
          .plain_share = lab::number_at(at, kPlainShare),
          .network = lab::text_at(at, kNetworkKind),
          .width = lab::integer_at(at, kWidth),
          .batch = lab::integer_at(at, kBatch),
          .epsilon = lab::number_at(at, kEpsilon),
          .images = lab::text_at(at, kImages),
          .steps = lab::integer_at(at, kSteps)};
}

int64_t state_size(const Setting& setting) {
  return setting.network == kLstm ? 2 * kLayers * setting.width : 2 * kLayers * kItems * setting.width;
}

}  // namespace manabi::study::general_learner
