#include "world/knowledge/document_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/error.h"
#include "tests/support/temporary_folder.h"

namespace manabi::world {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DocumentFiles : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path(name)) << text;
    return folder_.path(name);
  }
  test::TemporaryFolder folder_;
};

TEST_F(DocumentFiles, QuestionsFindTheirDocuments) {
  const std::string documents = write("d.jsonl", R"({"wiki_id": 7, "title": "Web", "text": "Web is a film."}
{"id": "b", "title": "Net", "text": "Net is a play."}
{"wiki_id": 7, "title": "Web", "text": "A film is called Web."}
)");
  const std::string questions = write("q.jsonl", R"({"wiki_id": 7, "question": "What is Web?", "answer": "a film"}
{"id": "b", "question": "What is Net?", "answer": ["a play", "a drama"]}
)");
  const std::vector<Document> read = read_documents(documents, questions);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].id, "7");
  EXPECT_THAT(read[0].texts, ElementsAre("Web is a film.", "A film is called Web."));
  ASSERT_EQ(read[0].questions.size(), 1u);
  EXPECT_EQ(read[0].questions[0].kind, "what is");
  EXPECT_THAT(read[1].questions[0].answers, ElementsAre("a play", "a drama"));
}

TEST_F(DocumentFiles, AFolderHasADocumentAFile) {
  write("b.txt", "Net\nNet is a play.\n");
  write("a.txt", "Web\nWeb is a film.\n");
  write("notes.md", "no document");
  const std::string questions = write("q.jsonl", "{\"id\": \"b\", \"question\": \"What is Net?\", \"answer\": \"a play\"}\n");
  const std::vector<Document> read = read_document_folder(folder_.path(""), questions);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].id, "a");
  EXPECT_EQ(read[0].title, "Web");
  EXPECT_THAT(read[0].texts, ElementsAre("Web\nWeb is a film."));
  EXPECT_EQ(read[1].questions.size(), 1u);
}

TEST_F(DocumentFiles, SayWhatIsWrongAndWhere) {
  const std::string good = write("d.jsonl", R"({"id": "a", "title": "Web", "text": "Web is a film."})");
  const auto documents = [&](const std::string& text) {
    const std::string path = write("bad.jsonl", text);
    return test::fault_of([&] { read_documents(path, ""); });
  };
  EXPECT_THAT(documents("{\"id\": 1, \"title\": \"x\"}").given, HasSubstr("no key \"text\""));
  EXPECT_THAT(documents("{\"id\": 1, \"title\": \"x\", \"text\": \"t\"}\n{\"id\": 2, \"title\": \"\", \"text\": \"t\"}").where,
              HasSubstr("bad.jsonl:2"));
  EXPECT_THAT(documents("{\"id\": 1, \"title\": \"x\", \"text\": 5}").given, HasSubstr("5"));
  EXPECT_THAT(documents("{\"id\": 1.5, \"title\": \"x\", \"text\": \"t\"}").given, HasSubstr("1.5"));
  EXPECT_THAT(documents("[1]").given, HasSubstr("no object"));
  EXPECT_THAT(documents("{\"id\": 1,").where, HasSubstr("bad.jsonl:1"));
  EXPECT_THAT(documents("").given, HasSubstr("no documents"));
  const auto questions = [&](const std::string& text) {
    const std::string path = write("bad.jsonl", text);
    return test::fault_of([&] { read_documents(good, path); });
  };
  EXPECT_THAT(questions("{\"id\": \"z\", \"question\": \"?\", \"answer\": \"x\"}").given, HasSubstr("\"z\""));
  EXPECT_THAT(questions("{\"question\": \"?\", \"answer\": \"x\"}").given, HasSubstr("without an \"id\""));
  EXPECT_THAT(questions("{\"id\": \"a\", \"question\": \"?\", \"answer\": []}").given, HasSubstr("[]"));
  EXPECT_THAT(questions("{\"id\": \"a\", \"question\": \"?\", \"answer\": [1]}").given, HasSubstr("1"));
  EXPECT_THAT(questions("").given, HasSubstr("no questions"));
}

TEST_F(DocumentFiles, RefuseAFolderWithoutDocuments) {
  EXPECT_THAT(test::fault_of([&] { read_document_folder(folder_.path("nowhere"), ""); }).given, HasSubstr("no such folder"));
  EXPECT_THAT(test::fault_of([&] { read_document_folder(folder_.path(""), ""); }).given, HasSubstr("no .txt"));
  write("empty.txt", " \n");
  EXPECT_THAT(test::fault_of([&] { read_document_folder(folder_.path(""), ""); }).given, HasSubstr("empty"));
  write("empty.txt", "bad \xff");
  EXPECT_THAT(test::fault_of([&] { read_document_folder(folder_.path(""), ""); }).where, HasSubstr("byte 4"));
}

}  // namespace
}  // namespace manabi::world
