// PNG images as brightness.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace manabi::base {

struct GreyImage {
  int64_t width = 0, height = 0;
  std::vector<uint8_t> values;  // [height, width], 0 black to 255 white
};

// Any PNG; colours become their brightness, what is transparent lies on white. Throws base::Error with `where` for what is no PNG, is damaged
// or cut off, or has more than `most_side` pixels a side (seen before any memory is taken).
GreyImage parse_png(std::span<const std::byte> bytes, const std::string& where, int64_t most_side);

}  // namespace manabi::base
