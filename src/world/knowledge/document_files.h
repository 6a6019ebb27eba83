// Documents and questions from JSON Lines, as the published sets and users' own files have them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "world/knowledge/document.h"

namespace manabi::world {

// A document a line: {"id": ..., "title": "...", "text": "..."}; a question a line: {"id": ..., "question": "...", "answer": "..."}, or a list
// of answers. A question belongs to the document of its id. "wiki_id" is read as "id"; lines of one id are texts of
// one document. Throws base::Error with file and line: bad JSON, invalid UTF-8, a key that is missing, empty or of another type, and a question
// without an id or whose document is not there.
std::vector<Document> read_documents(const std::string& documents_path, const std::string& questions_path);

// All *.txt files of a folder, by name: the first line is the title. A question belongs to the document whose file name (without ".txt") is its
// "id". Throws base::Error for a folder without one, an empty file and invalid UTF-8.
std::vector<Document> read_document_folder(const std::filesystem::path& folder, const std::string& questions_path);

// Questions that no document answers, {"question": ..., "answer": [...]}, a line each.
std::vector<Question> read_questions(const std::string& path);

}  // namespace manabi::world
