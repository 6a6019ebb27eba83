#include "world/knowledge/document_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "base/format/json.h"
#include "base/format/utf8.h"
#include "world/sets/row_reader.h"

namespace manabi::world {
namespace {

namespace fs = std::filesystem;

constexpr size_t kWordsOfKind = 2;

std::string at_line(const std::string& path, int64_t line) { return fmt::format("{}:{}", path, line); }

std::string text_of(const base::Json& row, const char* key, const std::string& where) {
  const auto found = row.is_object() ? row.find(key) : row.end();
  if (!row.is_object() || found == row.end() || !found->is_string() || trimmed(found->get<std::string>()).empty())
    throw base::Error({.where = where,
                       .given = !row.is_object()      ? "no object"
                                : found == row.end()  ? fmt::format("no key \"{}\"", key)
                                : !found->is_string() ? fmt::format("\"{}\": {}", key, found->dump().substr(0, 40))
                                                      : fmt::format("an empty \"{}\"", key),
                       .expected = fmt::format("a text under \"{}\"", key)});
  return std::string(trimmed(found->get<std::string>()));
}

// "" where there is none.
std::string id_of(const base::Json& row, const std::string& where) {
  if (!row.is_object()) throw base::Error({.where = where, .given = "no object", .expected = "one a line"});
  for (const char* key : {"id", "wiki_id"}) {
    const auto found = row.find(key);
    if (found == row.end()) continue;
    if (found->is_string()) return found->get<std::string>();
    if (found->is_number_integer()) return found->dump();
    throw base::Error(
        {.where = where, .given = fmt::format("\"{}\": {}", key, found->dump().substr(0, 40)), .expected = "a text or a whole number"});
  }
  return "";
}

std::vector<std::string> answers_of(const base::Json& row, const std::string& where) {
  const auto found = row.find("answer");
  if (found == row.end() || !found->is_array()) return {text_of(row, "answer", where)};
  std::vector<std::string> answers;
  for (const base::Json& each : *found) {
    if (!each.is_string() || trimmed(each.get<std::string>()).empty())
      throw base::Error({.where = where, .given = "\"answer\": [" + each.dump().substr(0, 40) + "]", .expected = "texts"});
    answers.emplace_back(trimmed(each.get<std::string>()));
  }
  if (answers.empty()) throw base::Error({.where = where, .given = "\"answer\": []", .expected = "at least one answer"});
  return answers;
}

// The first words of a question, in lower case.
std::string kind_of(const std::string& question) {
  std::string kind;
  size_t spaces = 0;
  for (const char c : question) {
    if (c == ' ' && ++spaces == kWordsOfKind) break;
    kind += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return kind;
}

struct QuestionRow {
  std::string document;  // its id, or ""
  Question question;
  std::string where;
};

std::vector<QuestionRow> read_question_rows(const std::string& path) {
  std::vector<QuestionRow> rows;
  base::for_each_json_line(base::read_text(path), path, [&](const base::Json& row, int64_t line) {
    const std::string where = at_line(path, line);
    Question question{.id = fmt::format("{}:{}", fs::path(path).filename().string(), line),
                      .text = text_of(row, "question", where),
                      .answers = answers_of(row, where)};
    question.kind = kind_of(question.text);
    rows.push_back({.document = id_of(row, where), .question = std::move(question), .where = where});
  });
  if (rows.empty()) throw base::Error({.where = path, .given = "no questions", .expected = "one a line"});
  return rows;
}

// Hands each question to its document.
void add_questions(std::vector<Document>& documents, const std::string& path) {
  std::map<std::string, size_t> place_of;
  for (size_t i = 0; i < documents.size(); ++i) place_of[documents[i].id] = i;
  for (QuestionRow& row : read_question_rows(path)) {
    const auto found = place_of.find(row.document);
    if (found == place_of.end())
      throw base::Error({.where = row.where,
                         .given = row.document.empty() ? "a question without an \"id\"" : "the id \"" + row.document + "\"",
                         .expected = "the id of one of the documents"});
    documents[found->second].questions.push_back(std::move(row.question));
  }
}

}  // namespace

std::vector<Document> read_documents(const std::string& documents_path, const std::string& questions_path) {
  std::vector<Document> documents;
  std::map<std::string, size_t> place_of;
  base::for_each_json_line(base::read_text(documents_path), documents_path, [&](const base::Json& row, int64_t line) {
    const std::string where = at_line(documents_path, line);
    std::string id = id_of(row, where);
    if (id.empty()) id = fmt::format("line {}", line);
    const auto [found, is_new] = place_of.emplace(id, documents.size());
    if (is_new) documents.push_back({.id = id, .title = text_of(row, "title", where)});
    documents[found->second].texts.push_back(text_of(row, "text", where));
  });
  if (documents.empty()) throw base::Error({.where = documents_path, .given = "no documents", .expected = "one a line"});
  if (!questions_path.empty()) add_questions(documents, questions_path);
  return documents;
}

std::vector<Document> read_document_folder(const fs::path& folder, const std::string& questions_path) {
  if (!fs::is_directory(folder))
    throw base::Error({.where = folder.string(), .given = "no such folder", .expected = "one with a .txt file a document"});
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ".txt") files.push_back(entry.path());
  if (files.empty()) throw base::Error({.where = folder.string(), .given = "no .txt file", .expected = "one a document"});
  std::ranges::sort(files);
  std::vector<Document> documents;
  for (const fs::path& file : files) {
    const std::string text = base::read_text(file.string());
    if (size_t bad = 0; !base::is_valid_utf8(text, &bad))
      throw base::Error({.where = fmt::format("{}, byte {}", file.string(), bad), .given = "no UTF-8", .expected = "UTF-8 text"});
    const std::string_view body = trimmed(text);
    if (body.empty()) throw base::Error({.where = file.string(), .given = "an empty file", .expected = "a document: a title, then its text"});
    documents.push_back(
        {.id = file.stem().string(), .title = std::string(trimmed(body.substr(0, body.find('\n')))), .texts = {std::string(body)}});
  }
  if (!questions_path.empty()) add_questions(documents, questions_path);
  return documents;
}

std::vector<Question> read_questions(const std::string& path) {
  std::vector<Question> questions;
  for (QuestionRow& row : read_question_rows(path)) questions.push_back(std::move(row.question));
  return questions;
}

}  // namespace manabi::world
