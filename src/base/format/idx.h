// IDX files, gzipped or not: arrays of bytes with their sizes in front (the format of MNIST).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace manabi::base {

struct IdxArray {
  std::vector<int64_t> sizes;
  std::vector<uint8_t> values;  // row by row
};

// Throws base::Error with the path for a file that is missing, no IDX file of bytes, cut off or damaged, longer than its sizes say, or of more
// than `most_values`, which is seen before any memory is taken.
IdxArray read_idx(const std::string& path, int64_t most_values);

}  // namespace manabi::base
