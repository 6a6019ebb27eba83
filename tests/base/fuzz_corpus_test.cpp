// Every seed and every input that once went wrong, through the functions that the fuzzers call.
#include "fuzz/gguf.h"
#include "fuzz/json_lines.h"
#include "fuzz/options_toml.h"
#include "fuzz/replay.h"
#include "fuzz/safetensors.h"

namespace manabi::fuzz {
namespace {

TEST(FuzzCorpus, Gguf) { replay("gguf", gguf); }
TEST(FuzzCorpus, JsonLines) { replay("json_lines", json_lines); }
TEST(FuzzCorpus, OptionsToml) { replay("options_toml", options_toml); }
TEST(FuzzCorpus, Safetensors) { replay("safetensors", safetensors); }

}  // namespace
}  // namespace manabi::fuzz
