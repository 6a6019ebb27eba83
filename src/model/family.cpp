#include "model/family.h"

#include <functional>
#include <numeric>

#include "base/error.h"
#include "base/format/utf8.h"
#include "model/gpt2/blueprint.h"
#include "model/llama/blueprint.h"
#include "model/network/token_network_json.h"
#include "model/trained/blueprint.h"

namespace manabi::model {
namespace {

const Family kFamilies[] = {{"llama", llama_blueprint_from_gguf, llama_blueprint_from_json},
                            {"gpt2", gpt2_blueprint_from_gguf, gpt2_blueprint_from_json},
                            {kTrainedModelType, trained_blueprint_from_gguf, trained_blueprint_from_json}};

}  // namespace

std::span<const Family> families() { return kFamilies; }

int64_t parameters_of(std::span<const RequiredTensor> tensors) {
  int64_t count = 0;
  for (const RequiredTensor& tensor : tensors)
    if (!tensor.is_optional && !tensor.is_ignored)
      count += std::accumulate(tensor.shape.begin(), tensor.shape.end(), int64_t{1}, std::multiplies<>());
  return count;
}

const Family& find_family(const std::string& name, const std::string& where) {
  std::string known;
  for (const Family& family : families()) {
    if (family.name == name) return family;
    known += (known.empty() ? "" : ", ") + family.name;
  }
  throw base::Error({.where = where,
                     .given = "architecture " + base::in_quotes(name),
                     .expected = "one of the known families: " + known,
                     .hint = "use a checkpoint of one of these families"});
}

}  // namespace manabi::model
