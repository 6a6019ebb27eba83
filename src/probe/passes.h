// Many rows in passes of bounded size.
#pragma once

#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

#include "model/causal_lm.h"

namespace manabi::probe {

// Calls `act` with consecutive rows of at most `budget` tokens together, and the number of the first one; a longer row goes alone.
template <class Act>
void in_passes(const std::vector<model::Row>& rows, int64_t budget, const Act& act) {
  const auto length = [](const model::Row& row) { return row.states.defined() ? row.states.size(0) : std::ssize(row.tokens); };
  for (size_t begin = 0; begin < rows.size();) {
    size_t end = begin;
    for (int64_t tokens = 0; end < rows.size() && (end == begin || tokens + length(rows[end]) <= budget); ++end) tokens += length(rows[end]);
    act(std::span(rows).subspan(begin, end - begin), begin);
    begin = end;
  }
}

}  // namespace manabi::probe
