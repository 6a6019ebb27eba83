// What a cell's key must hold of a data set that is asked in its own words.
#pragma once

#include <string>

#include "world/dataset.h"

namespace manabi::world {

// SHA-256 of the examples and of everything that they are written with: names of fields, label words, templates of both kinds.
std::string asked_hash(const Dataset& dataset);

}  // namespace manabi::world
