#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/options.h"
#include "fuzz/expect.h"

namespace manabi::fuzz {

// One option of every kind, under short names that a fuzzer finds soon.
struct FuzzedOptions {
  bool flag = false;
  int64_t count = 0;
  double rate = 0;
  std::string device = "cpu";
  std::vector<int64_t> shots;
  std::vector<double> rates;
  std::vector<std::string> tasks;

  base::OptionTable table() {
    base::OptionTable table;
    table.add({.name = "flag", .help = "", .target = &flag});
    table.add({.name = "count", .help = "", .target = &count});
    table.add({.name = "rate", .help = "", .target = &rate});
    table.add({.name = "device", .help = "", .target = &device, .allowed = {"cpu", "cuda"}});
    table.add({.name = "shots", .help = "", .target = &shots, .alias = "num-fewshot"});
    table.add({.name = "rates", .help = "", .target = &rates});
    table.add({.name = "tasks", .help = "", .target = &tasks});
    return table;
  }
};

inline void options_toml(std::string_view input) {
  FuzzedOptions options;
  base::OptionTable table = options.table();
  if (!is_read_or_refused([&] { table.set_from_toml_text(input, "input.toml"); })) return;
  expect(options.device == "cpu" || options.device == "cuda", "a text that is not allowed");
  FuzzedOptions again;
  base::OptionTable copy = again.table();
  for (const base::OptionTable::Field& field : table.fields()) {
    if (field.name != "tasks") copy.set(field.name, base::OptionTable::text_of(field), "again");  // a text in an array may hold commas
  }
  again.tasks = options.tasks;
  expect(copy.to_json().dump() == table.to_json().dump(), "a value that changes when it is written and read");
}

}  // namespace manabi::fuzz
