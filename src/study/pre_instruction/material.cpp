#include "study/pre_instruction/material.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/format/json.h"
#include "base/hash.h"
#include "learn/tuning/knowledge_items.h"
#include "world/knowledge/document_files.h"
#include "world/knowledge/invented.h"

namespace manabi::study::pre_instruction {
namespace {

namespace fs = std::filesystem;

constexpr double kTestedShare = 0.2;            // of the user's documents
constexpr size_t kBytesOfGeneralText = 60'000;  // enough for some tens of windows

Material hashed(Material material) {
  const base::Json all = {world::hash_of(material.readings.train), world::hash_of(material.readings.test), world::hash_of(material.known),
                          base::sha256(material.general_text)};
  std::string questions;
  for (const world::Question& question : material.general)
    questions += fmt::format("{}\n{}\n", question.text, fmt::join(question.answers, "\n"));
  material.hash = base::sha256(all.dump() + questions);
  return material;
}

// `count` of the documents in a random order.
std::vector<world::Document> drawn(const std::vector<world::Document>& documents, int64_t count, base::Rng rng, const std::string& where) {
  if (count > std::ssize(documents))
    throw base::Error({.where = where,
                       .given = fmt::format("{} documents", count),
                       .expected = fmt::format("at most {}: so many are there", documents.size())});
  std::vector<world::Document> some;
  for (const int64_t place : rng.permutation(std::ssize(documents))) {
    if (std::ssize(some) == count) break;
    some.push_back(documents[static_cast<size_t>(place)]);
  }
  return some;
}

std::string needed(const std::string& folder, const std::string& file) {
  const std::string path = (fs::path(folder) / file).string();
  if (!fs::exists(path))
    throw base::Error({.where = path,
                       .given = "no such file",
                       .expected = "a data folder that holds it",
                       .hint = "--data FOLDER, or --docs and --qa of your own"});
  return path;
}

}  // namespace

std::vector<world::Document> known_documents(const InventedPlan& plan, uint64_t seed) {
  std::vector<world::Document> known;
  for (const std::string& domain : world::invented_domains()) {
    if (!plan.knows_both && domain != plan.train_domain && domain != plan.test_domain) continue;
    std::vector<world::Document> some = world::invented_documents(domain, {.first = 0, .count = plan.known, .texts = plan.texts}, seed);
    for (size_t i = 0; i < some.size() && !plan.links_known; ++i) i % 2 == 0 ? some[i].questions.clear() : some[i].texts.clear();
    std::ranges::move(some, std::back_inserter(known));
  }
  return known;
}

Material invented_material(const InventedPlan& plan, uint64_t seed) {
  Material material{.known = known_documents(plan, seed)};
  material.readings.train = world::invented_documents(plan.train_domain, {.first = plan.known, .count = plan.train, .texts = plan.texts}, seed);
  // Behind those that are trained with, whichever domain these are of.
  material.readings.test =
      world::invented_documents(plan.test_domain, {.first = plan.known + plan.train, .count = plan.test, .texts = plan.texts}, seed);
  return hashed(std::move(material));
}

Material film_material(const std::string& data_folder, const FilmPlan& plan, uint64_t seed) {
  const base::Rng rng = base::Rng(seed).child("films");
  const auto documents = [&](const std::string& split) {
    return world::read_documents(needed(data_folder, "wiki2023_film/" + split + ".doc.jsonl"),
                                 needed(data_folder, "wiki2023_film/" + split + ".qa.jsonl"));
  };
  Material material;
  material.readings.train = drawn(documents("train"), plan.train, rng.child("train"), "films to train with");
  material.readings.test = drawn(documents("test"), plan.test, rng.child("test"), "films to test with");
  if (const fs::path path = fs::path(data_folder) / "nq_open" / "NQ-open.dev.jsonl"; fs::exists(path)) {
    material.general = world::read_questions(path.string());
    material.general.resize(std::min(material.general.size(), static_cast<size_t>(plan.general)));
  }
  if (const fs::path path = fs::path(data_folder) / "wikitext2" / "test.txt"; fs::exists(path)) {
    const std::string text = base::read_text(path.string());
    material.general_text = text.substr(0, text.rfind('\n', std::min(text.size(), kBytesOfGeneralText)));
  }
  return hashed(std::move(material));
}

Material own_material(const std::string& documents_path, const std::string& questions_path, uint64_t seed) {
  const std::vector<world::Document> documents = fs::is_directory(documents_path) ? world::read_document_folder(documents_path, questions_path)
                                                                                  : world::read_documents(documents_path, questions_path);
  std::vector<world::Document> asked;
  Material material;
  for (const world::Document& document : documents) (document.questions.empty() ? material.readings.test : asked).push_back(document);
  if (asked.size() < 2)
    throw base::Error({.where = questions_path,
                       .given = fmt::format("questions on {} of {} documents", asked.size(), documents.size()),
                       .expected = "questions on two documents at least: some are trained with, others tested with"});
  const auto tested = std::max<int64_t>(1, std::llround(kTestedShare * static_cast<double>(asked.size())));
  const std::vector<world::Document> order = drawn(asked, std::ssize(asked), base::Rng(seed).child("documents"), documents_path);
  material.readings.train.assign(order.begin() + tested, order.end());
  material.readings.test.insert(material.readings.test.begin(), order.begin(), order.begin() + tested);
  return hashed(std::move(material));
}

Material fitted(Material material, const text::Tokenizer& tokenizer, int64_t context) {
  for (std::vector<world::Document>* documents : {&material.readings.train, &material.readings.test}) {
    for (world::Document& document : *documents) {
      std::vector<std::string> texts;
      for (const std::string& text : document.texts)
        std::ranges::move(learn::pieces_of(tokenizer, text, context - 1), std::back_inserter(texts));  // behind the beginning token
      document.texts = std::move(texts);
    }
  }
  return material;
}

}  // namespace manabi::study::pre_instruction
