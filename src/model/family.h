// Families of models. A family is a table of tensor names, a reader of its configuration and a forward pass; this is the seam where one is
// added: implement Blueprint, add a line to families() in family.cpp.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/format/gguf.h"
#include "base/format/json.h"
#include "model/causal_lm.h"
#include "model/weights/weights.h"
#include "tensor/device.h"

namespace manabi::model {

// A configuration that was read and checked: it says which tensors it calls for and builds the model from them.
class Blueprint {
 public:
  virtual ~Blueprint() = default;
  virtual std::vector<RequiredTensor> required_tensors() const = 0;
  virtual int64_t vocabulary() const = 0;
  virtual int64_t context() const = 0;
  virtual std::unique_ptr<CausalLM> build(const Weights& weights, const tensor::Compute& compute) const = 0;
};

// How many numbers the tensors of a model hold together, but for those that it may be without.
int64_t parameters_of(std::span<const RequiredTensor> tensors);

struct Family {
  std::string name;  // as GGUF's general.architecture and config.json's model_type spell it
  std::unique_ptr<Blueprint> (*from_gguf)(const base::GgufFile& file);
  std::unique_ptr<Blueprint> (*from_json)(const base::Json& config, const std::string& where);
};

std::span<const Family> families();

// Throws base::Error with `where` that names the architecture and lists the known ones.
const Family& find_family(const std::string& name, const std::string& where);

}  // namespace manabi::model
