// A data set of the user's own, described by a TOML file (docs/data_sets.md).
#pragma once

#include <string>

#include "world/dataset.h"

namespace manabi::world {

// Throws base::Error with file and line for every mistake in the description or its rows.
Dataset open_own_set(const std::string& toml_path);

}  // namespace manabi::world
