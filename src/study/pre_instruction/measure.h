// One arm of a curriculum: a network reads its phases, and is asked.
#pragma once

#include "lab/study.h"
#include "model/checkpoint.h"
#include "study/equipment.h"
#include "study/pre_instruction/material.h"
#include "study/pre_instruction/quiz.h"

namespace manabi::study::pre_instruction {

// Coordinates of a cell, beside model and seed.
inline constexpr const char* kKnowledge = "knowledge";  // "people", "ships > people", "films", "own"
inline constexpr const char* kDocuments = "documents";  // "200+200": to train and to test with
inline constexpr const char* kArm = "arm";              // a name of the curriculum file, or one of the next
inline constexpr const char* kUntrained = "untrained";  // as the network was
inline constexpr const char* kOpenBook = "open-book";   // likewise, the document in front of the question

inline constexpr const char* kLoss = "loss";           // of training, nats a told token, at {step}
inline constexpr const char* kBaseLoss = "base loss";  // likewise, while the network was told what it knew before
inline constexpr const char* kUpdates = "updates";     // that the arm took
inline constexpr const char* kModelFolder = "model";   // exhibit: the folder of the model that the arm left
inline constexpr const char* kArmExhibit = "arm";      // exhibit: its title, and the published share in percent where there is one

struct Recipe {
  int64_t updates = 900;  // of an arm, shared out over its phases; 0: as many as the phases' epochs are
  int64_t batch = 32;
  double lr = 5e-4;
  int64_t checks = 10;  // questions are asked so often in every phase
  QuizOptions quiz;

  std::string described() const;
};
base::Json described(const world::CurriculumPhase& phase);

// `start`, and what it is made of. The arm's curriculum is not read where the arm is kUntrained or kOpenBook.
lab::CellRecord measure_arm(const lab::Cell& cell, const world::Curriculum& curriculum, const Material& material, const Recipe& recipe,
                            const model::Checkpoint& start, const base::Json& start_made_of, const Equipment& equipment, lab::Workbench& bench);
// In items that are told.
int64_t cost_of(const world::Curriculum& curriculum, const Material& material, const Recipe& recipe);

}  // namespace manabi::study::pre_instruction
