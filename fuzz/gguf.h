#pragma once

#include <span>
#include <string_view>

#include "base/format/gguf.h"
#include "fuzz/expect.h"

namespace manabi::fuzz {

inline void gguf(std::string_view input) {
  const auto bytes = std::as_bytes(std::span(input));
  is_read_or_refused([&] {
    const std::byte* const end = bytes.data() + bytes.size();
    for (const base::GgufTensor& tensor : base::parse_gguf(bytes, "input.gguf").tensors) {
      const bool lies_inside = tensor.bytes.data() >= bytes.data() && tensor.bytes.data() + tensor.bytes.size() <= end;
      expect(lies_inside, "a tensor outside the file");
      expect(tensor.shape.size() <= 4, "more than four dimensions");
    }
  });
}

}  // namespace manabi::fuzz
