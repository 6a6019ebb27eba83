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

// The coordinate that tells the study's cells apart: the transformer's do not have it.
inline constexpr const char* kPredictor = "predictor";
inline constexpr const char* kInWeight = "in-weight";    // g
inline constexpr const char* kInContext = "in-context";  // h
inline constexpr const char* kGate = "gate";             // alpha between the two
inline constexpr const char* kOnline = "online";         // the algorithm that theory analyses

std::string predictor_of(const lab::Coordinates& at);  // "" for the transformer
lab::Coordinates with_predictor(lab::Coordinates at, const std::string& predictor);
lab::Records records_of(const lab::Records& records, const std::string& predictor);

struct PlannedCondition {
  Condition condition;
  std::string part;
};

// The condition at 2^exponent rows each.
std::vector<Condition> over_rows(Condition base, const std::vector<int64_t>& exponents);

// Of the transformer, in the order of the claims, each condition once.
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
// The four that ask of each kind of context and class with labels as in training.
std::vector<Question> base_questions();

// A training's data as one question asks of them: new rows of the same classes.
world::ClassMixtureConfig asked_about(world::ClassMixtureConfig training, const Question& question);
// New rows of the same classes, for one question.
world::ClassMixtureConfig question_world(const Condition& condition, uint64_t seed, const Question& question);

}  // namespace manabi::study::in_weights
