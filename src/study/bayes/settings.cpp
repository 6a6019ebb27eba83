#include "study/bayes/settings.h"

#include <fmt/format.h>

namespace manabi::study::bayes {

lab::Coordinates Setting::at() const {
  return {{kProcess, process},
          {kSymbols, std::to_string(symbols)},
          {kDocuments, documents},
          {kPersistence, fmt::format("{}", persistence)},
          {kNetworkKind, network},
          {kWidth, std::to_string(width)},
          {kLayers, std::to_string(layers)},
          {kSteps, std::to_string(steps)}};
}

std::string Setting::title() const {
  std::string title = fmt::format("{}, {} symbols", process, symbols);
  if (documents != kMixture) title += ", " + documents;
  if (persistence != Setting().persistence) title += fmt::format(", persistence {}", persistence);
  return network == kNone ? title + ", theory alone" : title + fmt::format(", {} {} x {}", network, layers, width);
}

Setting setting_of(const lab::Coordinates& at) {
  return {.process = lab::text_at(at, kProcess),
          .symbols = lab::integer_at(at, kSymbols),
          .documents = lab::text_at(at, kDocuments),
          .persistence = lab::number_at(at, kPersistence),
          .network = lab::text_at(at, kNetworkKind),
          .width = lab::integer_at(at, kWidth),
          .layers = lab::integer_at(at, kLayers),
          .steps = lab::integer_at(at, kSteps)};
}

std::shared_ptr<const world::Ginc> process_of(const Setting& setting) {
  world::GincConfig config = {.symbols = setting.symbols, .persistence = setting.persistence};
  if (setting.process == kSoft) config.entities = 6, config.properties = 6, config.jump = 0.05;
  return std::make_shared<world::Ginc>(config);
}

namespace {

world::GincDocumentsConfig documents_of(const Setting& setting, uint64_t seed) {
  const world::DocumentKind kind = setting.documents == kOneConcept    ? world::DocumentKind::one_concept
                                   : setting.documents == kIndependent ? world::DocumentKind::independent
                                                                       : world::DocumentKind::mixture;
  return {.length = kBlock, .kind = kind, .seed = seed};
}

}  // namespace

world::GincDocumentsConfig training_documents(const Setting& setting, uint64_t seed) {
  constexpr int64_t kSoftDocuments = 16'000, kPublishedDocuments = 80'000;  // of a block each: 2 and 10 million tokens
  world::GincDocumentsConfig config = documents_of(setting, seed);
  config.documents = setting.process == kSoft ? kSoftDocuments : kPublishedDocuments;
  return config;
}

world::GincDocumentsConfig new_documents(const Setting& setting, uint64_t seed) { return documents_of(setting, seed); }

std::vector<int64_t> example_lengths(const Setting& setting) {
  return setting.process == kSoft ? std::vector<int64_t>{2, 3, 5} : std::vector<int64_t>{3, 5, 8, 10};
}

std::vector<int64_t> example_counts(int64_t example_tokens) {
  std::vector<int64_t> counts;
  for (const int64_t count : {0, 1, 2, 4, 8, 16})
    if ((example_tokens + 1) * (count + 1) - 2 <= kBlock) counts.push_back(count);
  return counts;
}

std::vector<double> tolerances(const Setting& setting) {
  return setting.process == kSoft ? std::vector<double>{0.05} : std::vector<double>{1e-2, 1e-3, 1e-6};
}

std::string documents_bayes(double tolerance) { return fmt::format("Bayes of documents {:g}", tolerance); }

}  // namespace manabi::study::bayes
