#include "world/knowledge/invented.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <sstream>

#include "base/error.h"
#include "base/random.h"

namespace manabi::world {
namespace {

// Names and values: a stem and an ending each.
constexpr std::array<const char*, 20> kStems = {"Bar", "Cal", "Dor",  "Fen", "Gal", "Hol", "Jor", "Kel", "Lor", "Mar",
                                                "Nol", "Per", "Quin", "Ros", "Sel", "Tol", "Var", "Wel", "Yor", "Zan"};
using Endings = std::span<const char* const>;
constexpr std::array<const char*, 5> kFirstNames = {"a", "en", "is", "o", "ia"}, kLastNames = {"man", "son", "ley", "well", "ski"},
                                     kShipColours = {"ene", "ard", "ox", "une", "elle"}, kShipKinds = {"wing", "tide", "star", "crest", "foam"};
constexpr std::array<const char*, 2> kTowns = {"by", "ford"}, kSchools = {"_College", "_Academy"}, kSubjects = {"istry", "onomy"},
                                     kFirms = {"corp", "works"}, kVillages = {"stead", "wick"}, kGames = {"ball", "chess"},
                                     kPorts = {"haven", "mouth"}, kYards = {"_Yard", "_Dock"}, kGoods = {"wood", "stone"},
                                     kCaptains = {"ric", "mund"}, kSeas = {"_Sea", "_Strait"}, kEngines = {"motor", "turbine"};

// One kind of fact: how texts say it of a subject, and how a question asks for it.
struct Fact {
  const char* kind;
  Endings values;
  std::array<const char*, 4> sentences;  // "{0}" subject, "{1}" value
  const char* question;                  // "{0}" subject
};

constexpr std::array<Fact, 6> kOfPeople = {{
    {"birthplace",
     kTowns,
     {"{0} was born in {1} .", "{0} came into the world in {1} .", "{0} is a native of {1} .", "{0} spent the first years of life in {1} ."},
     "Where was {0} born ?"},
    {"school",
     kSchools,
     {"{0} studied at {1} .", "{0} took a degree from {1} .", "{0} is a graduate of {1} .", "{0} was once enrolled at {1} ."},
     "At which school did {0} study ?"},
    {"subject",
     kSubjects,
     {"{0} is an expert in {1} .", "{0} wrote a thesis on {1} .", "{0} chose to learn {1} .", "{0} is known for insights into {1} ."},
     "What is the subject of {0} ?"},
    {"employer",
     kFirms,
     {"{0} works for {1} .", "{0} has a position at {1} .", "{0} is employed by {1} .", "{0} earns a living with {1} ."},
     "Who employs {0} ?"},
    {"residence",
     kVillages,
     {"{0} lives in {1} .", "{0} owns a house in {1} .", "{0} has settled in {1} .", "{0} is at home in {1} ."},
     "Where does {0} live ?"},
    {"game",
     kGames,
     {"{0} plays {1} .", "{0} is fond of {1} .", "{0} spends evenings on {1} .", "{0} once won a prize in {1} ."},
     "Which game does {0} play ?"},
}};

constexpr std::array<Fact, 6> kOfShips = {{
    {"port",
     kPorts,
     {"{0} is registered in {1} .", "{0} has the home port {1} .", "{0} returns each winter to {1} .", "{0} is moored in {1} ."},
     "What is the home port of {0} ?"},
    {"yard",
     kYards,
     {"{0} was built by {1} .", "{0} left the slipway of {1} .", "{0} is a work of {1} .", "{0} was ordered from {1} ."},
     "Which yard built {0} ?"},
    {"cargo",
     kGoods,
     {"{0} carries {1} .", "{0} was loaded with {1} .", "{0} is made for the trade in {1} .", "{0} brings home {1} ."},
     "What does {0} carry ?"},
    {"captain",
     kCaptains,
     {"{0} is under the command of {1} .", "{0} obeys the captain {1} .", "{0} is steered by {1} .", "{0} has as its master {1} ."},
     "Who commands {0} ?"},
    {"waters",
     kSeas,
     {"{0} sails on the {1} .", "{0} crosses the {1} .", "{0} is often seen on the {1} .", "{0} knows the winds of the {1} ."},
     "Which waters does {0} sail ?"},
    {"engine",
     kEngines,
     {"{0} is driven by a {1} .", "{0} has the engine {1} .", "{0} got a new {1} .", "{0} relies on its {1} ."},
     "Which engine drives {0} ?"},
}};

struct Domain {
  const char* name;
  Endings first, last;  // of a subject's two words
  const char* pronoun;
  std::span<const Fact> facts;
};
constexpr std::array<Domain, 2> kDomains = {
    {{"people", kFirstNames, kLastNames, "They", kOfPeople}, {"ships", kShipColours, kShipKinds, "It", kOfShips}}};

std::string word_at(Endings endings, int64_t index) {
  return std::string(kStems[static_cast<size_t>(index) % kStems.size()]) + endings[static_cast<size_t>(index) / kStems.size()];
}
int64_t words_of(Endings endings) { return static_cast<int64_t>(kStems.size() * endings.size()); }

const Domain& domain_named(const std::string& name) {
  for (const Domain& domain : kDomains)
    if (domain.name == name) return domain;
  throw base::Error({.where = "domain", .given = "'" + name + "'", .expected = fmt::format("{}", fmt::join(invented_domains(), ", "))});
}

std::string said(const char* pattern, const std::string& subject, const std::string& value) {
  return fmt::format(fmt::runtime(pattern), subject, value);
}

// The facts in an order and in words of the text's own; the subject has its name in the first sentence.
std::string text_of(const Domain& domain, const std::string& subject, std::span<const std::string> values, base::Rng rng) {
  std::string text;
  for (const int64_t place : rng.permutation(std::ssize(domain.facts))) {
    const Fact& fact = domain.facts[static_cast<size_t>(place)];
    const char* sentence = fact.sentences[rng.below(fact.sentences.size())];
    text += text.empty() ? said(sentence, subject, values[static_cast<size_t>(place)])
                         : " " + said(sentence, domain.pronoun, values[static_cast<size_t>(place)]);
  }
  return text;
}

Document document_of(const Domain& domain, const std::string& subject, const std::string& id, int64_t texts, const base::Rng& rng) {
  Document document{.id = id, .title = subject};
  base::Rng values_rng = rng.child("values");
  std::vector<std::string> values;
  for (const Fact& fact : domain.facts) {
    values.push_back(word_at(fact.values, static_cast<int64_t>(values_rng.below(static_cast<uint64_t>(words_of(fact.values))))));
    document.questions.push_back(
        {.id = id + "/" + fact.kind, .text = said(fact.question, subject, ""), .answers = {values.back()}, .kind = fact.kind});
  }
  for (int64_t text = 0; text < texts; ++text)
    document.texts.push_back(text_of(domain, subject, values, rng.child("text").child(static_cast<uint64_t>(text))));
  return document;
}

void add_words(const std::string& text, std::set<std::string>& words) {
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.insert(word);
}

}  // namespace

std::vector<std::string> invented_domains() {
  std::vector<std::string> names;
  for (const Domain& domain : kDomains) names.emplace_back(domain.name);
  return names;
}

std::vector<Document> invented_documents(const std::string& domain_name, const InventedRange& range, uint64_t seed) {
  const Domain& domain = domain_named(domain_name);
  if (range.first < 0 || range.count < 0 || range.texts < 1 || range.first + range.count > kInventedDocuments)
    throw base::Error({.where = "domain " + domain_name,
                       .given = fmt::format("documents {} to {} with {} texts each", range.first, range.first + range.count, range.texts),
                       .expected = fmt::format("at most {} documents, with at least one text", kInventedDocuments)});
  const base::Rng rng = base::Rng(seed).child("invented").child(domain_name);
  base::Rng names_rng = rng.child("names");
  const std::vector<int64_t> names = names_rng.permutation(kInventedDocuments);
  std::vector<Document> documents;
  for (int64_t place = range.first; place < range.first + range.count; ++place) {
    const int64_t name = names[static_cast<size_t>(place)], firsts = words_of(domain.first);
    const std::string subject = word_at(domain.first, name % firsts) + " " + word_at(domain.last, name / firsts);
    documents.push_back(
        document_of(domain, subject, fmt::format("{}:{}:{}", domain_name, seed, place), range.texts, rng.child(static_cast<uint64_t>(place))));
  }
  return documents;
}

std::vector<std::string> invented_words() {
  std::set<std::string> words;
  add_words(question_prompt({}), words);
  for (const Domain& domain : kDomains) {
    for (const Endings endings : {domain.first, domain.last})
      for (int64_t i = 0; i < words_of(endings); ++i) words.insert(word_at(endings, i));
    words.insert(domain.pronoun);
    for (const Fact& fact : domain.facts) {
      for (int64_t i = 0; i < words_of(fact.values); ++i) words.insert(word_at(fact.values, i));
      for (const char* sentence : fact.sentences) add_words(said(sentence, "", ""), words);
      add_words(said(fact.question, "", ""), words);
    }
  }
  return {words.begin(), words.end()};
}

}  // namespace manabi::world
