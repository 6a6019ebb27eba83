// What `manabi train` trains on: a text file, or a world that has a name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/verbs/train/options.h"
#include "base/format/json.h"
#include "text/tokenizer.h"
#include "world/tokens/token_world.h"

namespace manabi::app {

struct TrainingData {
  std::string title;                                         // what lists call it
  std::string asked;                                         // of what a loss is the mean: "token"
  std::string held_out_is;                                   // half a sentence for the page
  std::shared_ptr<const world::TokenWorld> train, held_out;  // rows of one length
  std::string tokenizer_json;                                // of the model's folder
  std::unique_ptr<text::Tokenizer> tokenizer;                // the same, open
  base::Json made_of;                                        // what decides the rows
};

// Tells the file from the name, and gives the options the context that the world wants where none was asked for. Reads nothing yet. Throws
// base::Error for a world that is neither.
void resolve_world(TrainOptions& options);

// Throws base::Error for a text, a tokenizer or a context that do not fit together. Writes nothing.
TrainingData open_training_data(const TrainOptions& options);

}  // namespace manabi::app
