// Every study that this program knows. The list is made by CMake from the files of this folder: src/study/NAME.cpp (or the folder
// src/study/NAME/) defines make_NAME, with '-' in a study's name written '_'.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lab/study.h"
#include "study/equipment.h"

namespace manabi::study {

std::vector<std::string> study_names();
// Throws base::Error with the nearest name. The equipment outlives the study.
std::unique_ptr<lab::Study> make_study(const std::string& name, Equipment& equipment);

}  // namespace manabi::study
