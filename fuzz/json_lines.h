#pragma once

#include <string_view>

#include "base/format/json.h"
#include "fuzz/expect.h"

namespace manabi::fuzz {

inline void json_lines(std::string_view input) {
  is_read_or_refused([&] {
    base::for_each_json_line(input, "input.jsonl", [](const base::Json& value, int64_t line) {
      expect(line >= 1, "a line before the first");
      expect(base::parse_json(value.dump(), "again") == value, "a value that changes when it is written and read");
    });
  });
  is_read_or_refused([&] { base::parse_json(input, "input.json"); });
}

}  // namespace manabi::fuzz
