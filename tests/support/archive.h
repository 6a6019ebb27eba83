// Zip archives and PNG images as tests need them.
#pragma once

#include <png.h>
#include <zip.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace manabi::test {

// A grey image of `width` pixels a row, 0 black to 255 white.
inline std::string png_of(const std::vector<uint8_t>& values, int64_t width) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.format = PNG_FORMAT_GRAY;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(values.size() / static_cast<size_t>(width));
  png_alloc_size_t bytes = 0;
  if (!png_image_write_to_memory(&image, nullptr, &bytes, 0, values.data(), 0, nullptr)) throw std::runtime_error(image.message);
  std::string result(bytes, '\0');
  if (!png_image_write_to_memory(&image, result.data(), &bytes, 0, values.data(), 0, nullptr)) throw std::runtime_error(image.message);
  result.resize(bytes);
  return result;
}

// An archive of (name, bytes); a name that ends in '/' makes a folder. Stored members lie in it as they are.
inline std::string zip_of(const std::vector<std::pair<std::string, std::string>>& members, bool stored = false) {
  const auto need = [](bool holds) {
    if (!holds) throw std::runtime_error("the test's archive cannot be written");
  };
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &error);
  need(target);
  zip_source_keep(target);
  zip_t* archive = zip_open_from_source(target, ZIP_TRUNCATE, &error);
  need(archive);
  for (const auto& [name, bytes] : members) {
    if (name.ends_with('/')) {
      need(zip_dir_add(archive, name.c_str(), ZIP_FL_ENC_UTF_8) >= 0);
      continue;
    }
    zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    need(index >= 0);
    if (stored) need(zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0) == 0);
  }
  need(zip_close(archive) == 0);
  need(zip_source_open(target) == 0);
  zip_stat_t stat;
  need(zip_source_stat(target, &stat) == 0);
  std::string result(stat.size, '\0');
  need(zip_source_read(target, result.data(), result.size()) == static_cast<zip_int64_t>(result.size()));
  zip_source_close(target);
  zip_source_free(target);
  return result;
}

}  // namespace manabi::test
