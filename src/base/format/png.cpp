#include "base/format/png.h"

#include <fmt/format.h>
#include <png.h>

#include "base/error.h"

namespace manabi::base {
namespace {

// libpng's reading state, freed whatever happens.
struct Reading {
  png_image image = {.version = PNG_IMAGE_VERSION};
  ~Reading() { png_image_free(&image); }
};

}  // namespace

GreyImage parse_png(std::span<const std::byte> bytes, const std::string& where, int64_t most_side) {
  Reading reading;
  png_image& image = reading.image;
  const auto refuse = [&] { throw Error({.where = where, .given = image.message, .expected = "a whole PNG image"}); };
  if (!png_image_begin_read_from_memory(&image, bytes.data(), bytes.size())) refuse();
  if (image.width > most_side || image.height > most_side)
    throw Error({.where = where,
                 .given = fmt::format("an image of {} x {} pixels", image.width, image.height),
                 .expected = fmt::format("at most {} a side", most_side)});
  image.format = PNG_FORMAT_GRAY;
  GreyImage result{.width = image.width, .height = image.height};
  result.values.resize(static_cast<size_t>(result.width * result.height));
  const png_color white = {255, 255, 255};
  if (!png_image_finish_read(&image, &white, result.values.data(), 0, nullptr)) refuse();
  return result;
}

}  // namespace manabi::base
