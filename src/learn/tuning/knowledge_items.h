// Documents and questions as a network is tuned on them (Jiang et al. 2024): a document is told from its first token on, behind the beginning
// token; of a question only the answer and the end behind it are told.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "learn/tuning/run/tuning_items.h"
#include "text/tokenizer.h"
#include "world/knowledge/document.h"

namespace manabi::learn {

// A text behind the beginning token, where the tokenizer has one.
std::vector<TokenId> begun(const text::Tokenizer& tokenizer, const std::string& text);

// What is read before an answer: the beginning token where the tokenizer has one, the text `before` (examples, a document), and question_prompt.
std::vector<TokenId> tokens_of_prompt(const text::Tokenizer& tokenizer, const world::Question& question, const std::string& before = "");

// A text in pieces of at most `most` tokens each, cut at white space where there is some; one that is short enough stays whole.
std::vector<std::string> pieces_of(const text::Tokenizer& tokenizer, const std::string& text, int64_t most);

// `context` tokens at most: a longer text loses its end (see pieces_of). `weight_beside_answers`: of tokens that are not part of an answer to
// one of the document's questions, which have 1. Throws base::Error naming the document for one without tokens to tell.
TuningItem item_of_document(const text::Tokenizer& tokenizer, const world::Document& document, int64_t text, int64_t context,
                            double weight_beside_answers = 1);
// A prompt of which the answer behind it, after a space, is told, and (unless it is only scored) the end token where there is one. Throws
// base::Error for an answer that adds no token, and where both are longer than the context.
TuningItem item_of_answer(const text::Tokenizer& tokenizer, const std::string& prompt, const std::string& answer, int64_t context,
                          bool has_end = true);
// Throws base::Error naming the question where it and its answer are longer than the context, or where the answer adds no token.
TuningItem item_of_question(const text::Tokenizer& tokenizer, const world::Question& question, int64_t context);

}  // namespace manabi::learn
