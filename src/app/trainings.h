// The trainings of `manabi train` that lie in a folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace manabi::app {

// The folder itself where a training lies in it, and each folder right below that holds one, by name. A folder that is not there holds none.
std::vector<std::filesystem::path> trainings_in(const std::filesystem::path& folder);

// Its name, world, steps done, last loss, parameters, and whether it is finished, unfinished or diverged; for a state that cannot be read, why.
std::string line_of_training(const std::filesystem::path& folder);

}  // namespace manabi::app
