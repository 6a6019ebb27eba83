#include "fuzz/replay.h"
#include "fuzz/requests.h"

namespace manabi::fuzz {
namespace {

TEST(FuzzCorpus, Requests) { replay("requests", requests); }

}  // namespace
}  // namespace manabi::fuzz
