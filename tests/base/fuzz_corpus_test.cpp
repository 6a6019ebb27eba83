// Every seed and every input that once went wrong, through the functions that the fuzzers call.
#include "fuzz/gguf.h"
#include "fuzz/json_lines.h"
#include "fuzz/options_toml.h"
#include "fuzz/png.h"
#include "fuzz/replay.h"
#include "fuzz/safetensors.h"
#include "fuzz/zip_archive.h"

namespace manabi::fuzz {
namespace {

TEST(FuzzCorpus, Gguf) { replay("gguf", gguf); }
TEST(FuzzCorpus, JsonLines) { replay("json_lines", json_lines); }
TEST(FuzzCorpus, OptionsToml) { replay("options_toml", options_toml); }
TEST(FuzzCorpus, Png) { replay("png", png); }
TEST(FuzzCorpus, Safetensors) { replay("safetensors", safetensors); }
TEST(FuzzCorpus, ZipArchive) { replay("zip_archive", zip_archive); }

}  // namespace
}  // namespace manabi::fuzz
