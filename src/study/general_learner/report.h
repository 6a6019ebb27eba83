// What the study says of its records.
#pragma once

#include <vector>

#include "lab/study.h"

namespace manabi::study::general_learner {

// Coordinates of a row.
inline constexpr const char* kQuestion = "question";
inline constexpr const char* kLearner = "learner";
inline constexpr const char* kItem = "item";  // "first", "last five", or its number from 0

inline constexpr const char* kSeenTasks = "seen tasks, seen images";
inline constexpr const char* kNewImages = "seen tasks, new images";
inline constexpr const char* kUnseenTasks = "unseen tasks";
inline constexpr const char* kOtherImages = "unseen tasks, other images";

inline constexpr const char* kFirst = "first";
inline constexpr const char* kLastFive = "last five";
inline constexpr const char* kNetwork = "network";

inline constexpr const char* kAccuracy = "accuracy";
inline constexpr const char* kParameters = "parameters";

// A cell's inputs: the name of a set of images, a space and its hash.
inline constexpr const char* kFirstImagesInput = "first images";
inline constexpr const char* kSecondImagesInput = "second images";

std::vector<lab::Claim> claims(const lab::Records& records);
std::vector<lab::Section> sections(const lab::Records& records);

}  // namespace manabi::study::general_learner
