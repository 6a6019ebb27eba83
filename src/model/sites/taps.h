// What is called at a model's sites while a pass runs: to read activations there, or to change them in place.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <span>

#include "model/sites/site.h"

namespace manabi::model {

// One row's activations at a site.
struct Sighting {
  size_t row = 0;                      // of the call
  std::span<const int64_t> positions;  // absolute, of the T tokens that were computed: up to the row's last wanted one, or all where it is kept
  at::Tensor values;                   // axes as the site has them; what is written into it is what the pass goes on with
};

using Tap = std::function<void(const Sighting&)>;

class Taps {
 public:
  void add(const Site& site, Tap tap) { taps_.emplace(site, std::move(tap)); }

  bool any_at(const Site& site) const { return taps_.contains(site); }
  bool any_in(int64_t layer) const;
  // Calls the taps of a site in the order in which they were added.
  void show(const Site& site, const Sighting& sighting) const;

 private:
  std::multimap<Site, Tap> taps_;
};

}  // namespace manabi::model
