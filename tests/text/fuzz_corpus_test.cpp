#include <gtest/gtest.h>

#include "fuzz/llama2c_tokenizer.h"
#include "fuzz/replay.h"
#include "fuzz/tokenizer_json.h"

namespace manabi::fuzz {
namespace {

TEST(FuzzCorpus, TokenizerJson) { replay("tokenizer_json", tokenizer_json); }
TEST(FuzzCorpus, Llama2cTokenizer) { replay("llama2c_tokenizer", llama2c_tokenizer); }

}  // namespace
}  // namespace manabi::fuzz
