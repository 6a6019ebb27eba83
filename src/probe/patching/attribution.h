// Attribution patching (Nanda 2023; Syed et al. 2023): what each patch would do, to first order, from one pass forward and one back: the
// gradient of the metric at an activation of the corrupted run, times what the clean run has more there. A fast screen; how far it errs is seen
// beside the exact map.
#pragma once

#include "probe/patching/patch_map.h"

namespace manabi::probe {

// The map of patch_map, estimated: values are the corrupted run's metric plus the estimate. Throws base::Error as patch_map does, and for
// attention matrices and `result` (ask for z, of which it is a linear function).
PatchMap attribution_map(const model::CausalLM& lm, const PatchPlan& plan);

// An estimated map beside the exact one.
struct MapError {
  double correlation = 0;  // over cells; NaN where one of the maps is constant
  double mean = 0;         // of the distances of the cells, in units of the metric
  double largest = 0;
};
MapError error_of(const PatchMap& estimate, const PatchMap& exact);

}  // namespace manabi::probe
