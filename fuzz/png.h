#pragma once

#include <span>
#include <string_view>

#include "base/format/png.h"
#include "fuzz/expect.h"

namespace manabi::fuzz {

inline void png(std::string_view input) {
  constexpr int64_t kMostSide = 256;
  is_read_or_refused([&] {
    const base::GreyImage image = base::parse_png(std::as_bytes(std::span(input)), "input.png", kMostSide);
    expect(image.width >= 1 && image.width <= kMostSide && image.height >= 1 && image.height <= kMostSide, "a side over the limit");
    expect(std::ssize(image.values) == image.width * image.height, "values that do not fill the image");
  });
}

}  // namespace manabi::fuzz
