// A checkpoint's weights between file and tensor: what a container stores under its own names, what a model calls for, and the reading of one
// into the other. Names are resolved once, for all tensors together, so that one message can list everything that does not fit.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "model/weights/encoding.h"

namespace manabi::model {

// One tensor of a container. The bytes lie in a mapped file that outlives every reader of them.
struct StoredTensor {
  std::string name;
  Encoding encoding;
  std::vector<int64_t> shape;  // outermost first
  std::span<const std::byte> bytes;
  const base::MappedFile* file = nullptr;
};

// Whose names a container uses.
enum class Naming { hugging_face, gguf };

// How the rows of a matrix that makes rotated heads (queries, keys) are ordered: i beside i + E/2 (Hugging Face), or 2i beside 2i + 1.
enum class RotatedRows { half_split, interleaved };

struct StoredWeights {
  std::string where;  // the file or folder, for messages
  Naming naming = Naming::hugging_face;
  RotatedRows rotated_rows = RotatedRows::half_split;
  std::vector<StoredTensor> tensors;
};

// A tensor's place in a model: its role (the family's own enumeration) and its layer (0 for what is there once).
struct TensorKey {
  int role = 0;
  int64_t layer = 0;
  auto operator<=>(const TensorKey&) const = default;
};

// A tensor that a model's configuration calls for.
struct RequiredTensor {
  TensorKey key;
  std::string hugging_face;  // its names in the two kinds of container; "" where that kind does not have it
  std::string gguf;
  std::vector<int64_t> shape;
  int64_t rotated_head = 0;  // E where the rows are heads that are rotated, else 0
  bool is_optional = false;
  bool is_ignored = false;  // may lie in the file and is not read
};

class Weights {
 public:
  // Throws one base::Error that lists every missing, unused, misshaped and undecodable tensor. `stored` outlives this object.
  // threads: how many read; 0 = as libtorch is set.
  Weights(const StoredWeights& stored, std::span<const RequiredTensor> required, int64_t threads);

  bool has(TensorKey key) const { return found_.contains(key); }

  // Decodes one tensor, or stacks several of equal width along their first dimension. Heads come half-split. Lets the mapped pages go.
  // Throws base::Error naming the tensor when a value is infinite or not a number.
  at::Tensor read(TensorKey key, at::ScalarType dtype) const;
  at::Tensor read_stacked(std::span<const TensorKey> keys, at::ScalarType dtype) const;

 private:
  struct Found {
    const StoredTensor* stored;
    int64_t rotated_head;
  };

  void read_into(const Found& found, at::Tensor destination) const;

  std::string where_;
  RotatedRows rotated_rows_;
  int64_t threads_;
  std::map<TensorKey, Found> found_;
};

}  // namespace manabi::model
