// What is varied: one factor at a time around the default cell, and the references that see one kind of context alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/record.h"
#include "lab/study.h"
#include "world/pairs/class_mixture_world.h"

namespace manabi::study::in_weights {

struct Condition {
  int64_t rows = 1024;  // N
  double noise = 0.2;
  double relevant_share = 0.9;
  double high_share = 0.9;
  int64_t pairs = 1;
  int64_t relevant_pairs = 0;
  int64_t low_classes = 5;
  double label_noise = 0;

  bool operator==(const Condition&) const = default;
};

// Coordinates of a condition; `with` changes one of them, for the cells that a claim or a figure selects.
lab::Coordinates coordinates_of(const Condition& condition);
Condition condition_at(const lab::Coordinates& at);
// The names of the coordinates whose cells have networks of one shape.
std::vector<std::string> together();

struct PlannedCondition {
  Condition condition;
  std::string part;
};

// In the order of the claims, each condition once.
std::vector<PlannedCondition> conditions(lab::RunScale scale);

// The data of a condition and seed: rows that are trained on.
world::ClassMixtureConfig training_world(const Condition& condition, uint64_t seed);

// One way of asking what a network has learned.
struct Question {
  std::string context;  // "relevant", "irrelevant", "mixed" as in training
  std::string query;    // "high", "low", "all"
  std::string labels;   // "base" as in training, "shifted": only the context tells them

  lab::Coordinates at() const { return {{"context", context}, {"query", query}, {"labels", labels}}; }
  std::string name() const { return context + " " + query + " " + labels; }
};

const std::vector<Question>& questions();

// New rows of the same classes, for one question.
world::ClassMixtureConfig question_world(const Condition& condition, uint64_t seed, const Question& question);

}  // namespace manabi::study::in_weights
