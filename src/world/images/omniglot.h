// Omniglot's smaller background sets (Lake, Salakhutdinov and Tenenbaum 2015): two archives of PNG files, alphabet/character/drawing.
#pragma once

#include <cstdint>
#include <string>

#include "world/images/drawings.h"

namespace manabi::world {

// Whether both archives lie in the folder omniglot of the data folder, which may be "".
bool has_omniglot(const std::string& data_folder);

// The characters of both archives, each once, in the order of their names, scaled to `side`. Throws base::Error with archive and file for what
// is no image of a character, characters with different numbers of drawings, or a side larger than that of the files.
Drawings read_omniglot(const std::string& data_folder, int64_t side);

}  // namespace manabi::world
