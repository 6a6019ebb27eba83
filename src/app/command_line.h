// Words of the command line into an option table. CLI11 splits and prints; names, values and messages are the table's.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/options.h"

namespace manabi::app {

// A named word that is no flag.
struct Positional {
  std::string name;  // "STUDY"
  std::string help;
  std::string* target;
  bool is_required = true;
};

struct CommandLine {
  std::string verb;  // "run recognition"
  std::string summary;
  base::OptionTable options;
  std::vector<Positional> positionals;
};

// Fills the options from, in rising order of strength: their present values, the TOML file of --config (where the table has that option), the
// environment, the flags. Returns false when --help was asked for and printed. Throws base::Error for anything that is not understood.
bool parse(CommandLine& line, std::span<const std::string> words, std::ostream& help);

}  // namespace manabi::app
