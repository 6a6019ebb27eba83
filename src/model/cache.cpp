#include "model/cache.h"

#include <ATen/ATen.h>

#include <string>

#include "base/error.h"

namespace manabi::model {

std::shared_ptr<const Cache> first_positions(const std::shared_ptr<const Cache>& prefix, int64_t end) {
  if (end < 0 || end > (prefix ? prefix->end() : 0))
    throw base::Error({.given = "the first " + std::to_string(end) + " positions of a prefix",
                       .expected = "at most its " + std::to_string(prefix ? prefix->end() : 0)});
  std::shared_ptr<const Cache> cache = prefix;
  while (cache && cache->begin >= end) cache = cache->parent;
  if (!cache || cache->end() == end) return cache;
  auto cut = std::make_shared<Cache>();
  cut->parent = cache->parent;
  cut->begin = cache->begin;
  cut->length = end - cache->begin;
  for (const tensor::KeyValueRun& run : cache->layers)
    cut->layers.push_back({run.keys.narrow(0, 0, cut->length), run.values.narrow(0, 0, cut->length)});
  return cut;
}

}  // namespace manabi::model
