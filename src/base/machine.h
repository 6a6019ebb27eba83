// What the machine has left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace manabi::base {

// Bytes of memory that a process may still take without paging: what the kernel calls available, and less where a control group has less.
// Nothing where neither is said. `root` stands in front of the kernel's files ("" = the machine's own).
std::optional<int64_t> free_memory(const std::string& root = "");

}  // namespace manabi::base
