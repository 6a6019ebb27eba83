#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "lab/statistics/decided.h"
#include "lab/statistics/seeds.h"
#include "study/bayes/measure.h"
#include "study/bayes/report.h"

namespace manabi::study::bayes {
namespace {

constexpr const char* kSource = "Xie et al. 2022";

std::vector<double> values(const lab::Records& records, const Setting& setting, const char* metric, const lab::Coordinates& row) {
  return lab::last_values(records, {.cell = setting.at(), .metric = metric, .row = row});
}

// In points.
std::vector<double> accuracy(const lab::Records& records, const Setting& setting, const std::string& learner, int64_t tokens, int64_t examples,
                             const char* prompts = kKnownPrompts) {
  return lab::in_points(
      values(records, setting, kAccuracy,
             {{kLearner, learner}, {kExampleTokens, std::to_string(tokens)}, {kExamples, std::to_string(examples)}, {kPrompts, prompts}}));
}

lab::Claim decided(lab::Claim claim, const std::vector<double>& effect) {
  claim.source = kSource;
  if (claim.unit.empty()) claim.unit = "points";
  return lab::decided_by_seeds(std::move(claim), effect, "two seeds of the network");
}

// Accuracy gained from few examples to many.
std::vector<double> gain(const lab::Records& records, const Setting& setting, const std::string& learner, int64_t tokens, int64_t few,
                         int64_t many, const char* prompts = kKnownPrompts) {
  return lab::differences(accuracy(records, setting, learner, tokens, few, prompts), accuracy(records, setting, learner, tokens, many, prompts));
}

std::vector<double> excess_loss(const lab::Records& records, const Setting& setting) {
  return lab::differences(values(records, setting, kDocumentLoss, {{kLearner, kOptimum}}),
                          values(records, setting, kDocumentLoss, {{kLearner, kNetwork}}));
}

std::vector<lab::Claim> soft_claims(const lab::Records& records) {
  const Setting soft;
  const std::string reader = documents_bayes(tolerances(soft).front());
  std::vector<lab::Claim> all;
  for (const int64_t tokens : example_lengths(soft))
    all.push_back(decided({.id = fmt::format("examples-help-at-{}", tokens),
                           .sentence = fmt::format("Examples of {} tokens teach a decoder that was never trained on prompts.", tokens),
                           .published = "36.8 to 51.9 from 0 to 64 examples of 3 tokens (12 layers, 50 symbols)",
                           .measure = "accuracy with 16 examples minus without",
                           .margin = 8},
                          gain(records, soft, kNetwork, tokens, 0, 16)));
  all.push_back(decided({.id = "long-examples-help",
                         .sentence = "Longer examples teach more.",
                         .published = "51.9 of 3 tokens, 81.2 of 10 (12 layers, 50 symbols, 64 examples)",
                         .measure = "accuracy with 16 examples of 5 tokens minus of 2",
                         .margin = 10},
                        lab::differences(accuracy(records, soft, kNetwork, 2, 16), accuracy(records, soft, kNetwork, 5, 16))));
  for (const int64_t tokens : example_lengths(soft))
    all.push_back(decided({.id = fmt::format("bayes-is-not-beaten-at-{}", tokens),
                           .sentence = fmt::format("With examples of {} tokens it does not beat a reader that knows the process.", tokens),
                           .published = "derived",
                           .measure = "accuracy with 16 examples minus that of the documents' Bayes",
                           .direction = lab::Direction::below,
                           .margin = 4},
                          lab::differences(accuracy(records, soft, reader, tokens, 16), accuracy(records, soft, kNetwork, tokens, 16))));
  all.push_back(decided({.id = "documents-are-nearly-learned",
                         .sentence = "The decoder's loss on new documents is near that of exact Bayes.",
                         .published = "1.33 against 1.32 nats (12 and 16 layers, 50 symbols)",
                         .measure = "loss minus that of Bayes",
                         .unit = "nats",
                         .direction = lab::Direction::below,
                         .margin = 0.04},
                        excess_loss(records, soft)));
  all.push_back(decided({.id = "no-document-beats-bayes",
                         .sentence = "No document loss is below that of exact Bayes: nothing leaks.",
                         .published = "derived",
                         .measure = "loss minus that of Bayes",
                         .unit = "nats",
                         .margin = 0},
                        excess_loss(records, soft)));
  return all;
}

std::vector<lab::Claim> ablation_claims(const lab::Records& records) {
  const Setting soft, one = {.documents = kOneConcept}, independent = {.documents = kIndependent}, restless = {.persistence = 0},
                      published = {.process = kPublished, .symbols = 50, .width = 96, .steps = 8000};
  const auto flat = [&](const char* id, const char* sentence, const char* figures, const Setting& setting) {
    return decided({.id = id,
                    .sentence = sentence,
                    .published = figures,
                    .measure = "accuracy with 16 examples of 3 tokens minus without",
                    .direction = lab::Direction::equivalent,
                    .margin = 4},
                   gain(records, setting, kNetwork, 3, 0, 16));
  };
  return {
      flat("one-concept-teaches-nothing", "A decoder that saw one concept alone learns nothing from examples of others.", "20 to 25, flat", one),
      flat("independent-tokens-teach-nothing", "Nor does one that saw independent tokens.", "1.0 to 1.8, flat", independent),
      decided({.id = "persistence-matters",
               .sentence = "Where entities do not persist, examples help less.",
               .published = "19.6 to 20.7 against 32.1 to 41.3 (4 layers, 50 symbols, 3 tokens)",
               .measure = "gain from 16 examples of 3 tokens: with persistence minus without",
               .margin = 0},
              lab::differences(gain(records, restless, kNetwork, 3, 0, 16), gain(records, soft, kNetwork, 3, 0, 16))),
      decided({.id = "unseen-concepts-are-harder",
               .sentence = "Examples from concepts that no document was made of help less.",
               .published = "9 to 12.5, flat (their prompts also scatter the properties)",
               .measure = "gain from 16 examples of 5 tokens: known minus unseen concepts",
               .margin = 0},
              lab::differences(gain(records, soft, kNetwork, 5, 0, 16, kPromptKinds[1].name), gain(records, soft, kNetwork, 5, 0, 16))),
      decided({.id = "one-example-can-hurt",
               .sentence = "On the published process one example can be worse than none.",
               .published = "38.5 to 37.1 (16 layers, 50 symbols, 3 tokens)",
               .measure = "accuracy with one example of 3 tokens minus without",
               .direction = lab::Direction::below,
               .margin = 0},
              gain(records, published, kNetwork, 3, 0, 1)),
      decided(
          {.id = "size-helps-at-equal-documents",
           .sentence = "A larger decoder learns more from examples.",
           .published = "41.3 (4 layers), 51.9 (12), 53.7 (16) of 3 tokens with 64 examples",
           .measure = "accuracy with 16 examples of 3 tokens: 4 layers of 128 minus 3 of 32",
           .margin = 0},
          lab::differences(accuracy(records, {.width = 32}, kNetwork, 3, 16), accuracy(records, {.width = 128, .layers = 4}, kNetwork, 3, 16)))};
}

std::vector<lab::Claim> theory_claims(const lab::Records& records) {
  const Setting theory = {.process = kPublished, .symbols = 50, .network = kNone, .width = 0, .layers = 0, .steps = 0};
  return {decided({.id = "the-prompts-form-hurts-an-exact-reader",
                   .sentence = "A reader that knows documents exactly, and not how prompts are made, hardly learns from examples of 3 tokens.",
                   .published = "derived",
                   .measure = "accuracy with 16 examples, Bayes of prompts minus Bayes of documents at a tolerance of 1e-6",
                   .margin = 20},
                  lab::differences(accuracy(records, theory, documents_bayes(1e-6), 3, 16), accuracy(records, theory, kPromptsBayes, 3, 16)))};
}

}  // namespace

std::vector<lab::Claim> claims(const lab::Records& records) {
  std::vector<lab::Claim> all = soft_claims(records);
  for (auto* more : {&ablation_claims, &theory_claims}) std::ranges::move((*more)(records), std::back_inserter(all));
  return all;
}

}  // namespace manabi::study::bayes
