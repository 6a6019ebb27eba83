#pragma once

#include <span>
#include <string_view>

#include "base/format/safetensors.h"
#include "fuzz/expect.h"

namespace manabi::fuzz {

inline void safetensors(std::string_view input) {
  const auto bytes = std::as_bytes(std::span(input));
  is_read_or_refused([&] {
    size_t covered = 0;
    for (const base::SafetensorsEntry& entry : base::parse_safetensors(bytes, "input.safetensors").entries) {
      const bool lies_inside = entry.bytes.data() >= bytes.data() && entry.bytes.data() + entry.bytes.size() <= bytes.data() + bytes.size();
      expect(lies_inside, "a tensor outside the file");
      covered += entry.bytes.size();
    }
    expect(covered < bytes.size(), "tensors that cover more than the data");
  });
}

}  // namespace manabi::fuzz
