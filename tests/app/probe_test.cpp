// `manabi probe` as a user types it, on a model of a few thousand random weights.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/format/json.h"
#include "base/format/safetensors.h"
#include "tests/app/program.h"
#include "tests/support/tiny_llama.h"

namespace manabi {
namespace {

using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;

class Probe : public testing::Test {
 protected:
  void SetUp() override { test::write_gguf(test::make_tiny_llama(), folder.path("tiny.gguf")); }

  Outcome run(std::vector<std::string> words) const {
    words.insert(words.begin(), "probe");
    words.insert(words.end(), {"--model", folder.path("tiny.gguf")});
    return test::run_program(words);
  }
  std::string done(const std::vector<std::string>& words) const {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.messages;
    return outcome.out;
  }
  void expect_refused(const std::vector<std::string>& words, const std::string& part) const {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.messages, HasSubstr(part));
  }
  std::string vector(const std::string& task) const {
    const std::string path = folder.path(task + ".safetensors");
    done({"vector", "extract", "--task", task, "--items", "4", "--layer", "1", "--output", path});
    return path;
  }

  test::TemporaryFolder folder;
};

TEST_F(Probe, PatchGivesAMapAndAPage) {
  const base::Json map = base::parse_json(
      done({"patch", "--clean", "abc", "--corrupted", "abd", "--answer", "x", "--report", folder.path("p.html"), "--json"}), "map");
  EXPECT_EQ(map.at("values").size(), 3u);
  EXPECT_EQ(map.at("values")[0].size(), map.at("columns").size());
  EXPECT_THAT(base::read_text(folder.path("p.html")), HasSubstr("Activation patching"));
  const base::Json both = base::parse_json(
      done({"patch", "--clean", "abc", "--corrupted", "abd", "--answer", "x", "--method", "both", "--report", folder.path("p.html"), "--json"}),
      "maps");
  EXPECT_EQ(both.at("estimate").at("values").size(), 3u);
  EXPECT_THAT(base::read_text(folder.path("p.html")), HasSubstr("to first order"));
  expect_refused({"patch", "--clean", "abc", "--corrupted", "xyzw", "--answer", "x"}, "--align");
  expect_refused({"patch", "--clean", "abc", "--corrupted", "abd", "--answer", "x", "--site", "resid_pro"}, "resid_pre");
}

TEST_F(Probe, LensAndHeadsHaveALineForEveryLayer) {
  const std::string lens = done({"lens", "abc"});
  EXPECT_EQ(std::ranges::count(lens, '\n'), 4);
  EXPECT_EQ(base::parse_json(done({"heads", "--rows", "1", "--repeated", "4", "--json"}), "heads").at("induction").size(), 3u);
}

TEST_F(Probe, ActivationsAreWrittenUnderTheirNames) {
  const std::string path = folder.path("a.safetensors");
  EXPECT_THAT(done({"read", "abcd", "--sites", "z,blocks.1.hook_resid_mid,normalized", "--output", path}), HasSubstr("blocks.2.attn.hook_z"));
  const base::SafetensorsFile file(path);
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const base::SafetensorsEntry& entry : file.entries()) shapes[entry.name] = entry.shape;
  const int64_t tokens = shapes.at("tokens")[0];
  EXPECT_EQ(shapes.at("blocks.0.attn.hook_z"), (std::vector<int64_t>{tokens, 4, 4}));
  EXPECT_EQ(shapes.at("blocks.1.hook_resid_mid"), (std::vector<int64_t>{tokens, 16}));
  EXPECT_EQ(shapes.at("ln_final.hook_normalized"), (std::vector<int64_t>{1, 16}));
  expect_refused({"read", "abcd", "--sites", "blocks.1.hook_resid_mit"}, "hook_resid_mid");
  expect_refused({"read", "abcd", "--sites", "blocks.3.hook_resid_mid"}, "0 to 2");
}

TEST_F(Probe, AnEditShowsWhatComesNextWithoutAndWithIt) {
  EXPECT_THAT(done({"edit", "abcd", "--site", "z", "--layer", "1", "--heads", "0,2", "--positions", "-1", "--answer", "x"}),
              AllOf(HasSubstr("as it is"), HasSubstr("edited"), HasSubstr("answer")));
  EXPECT_THAT(done({"edit", "abcd", "--site", "resid_post", "--layer", "1", "--how", "add", "--vector", vector("to_upper"), "--by", "2"}),
              HasSubstr("edited"));
  expect_refused({"edit", "abcd", "--site", "z", "--heads", "9"}, "0 to 3");
  expect_refused({"edit", "abcd", "--how", "add"}, "without a vector");
  expect_refused({"edit", "abcd", "--vector", "v"}, "with a vector");
}

TEST_F(Probe, AVectorIsExtractedAppliedComposedAndCompared) {
  const std::string upper = vector("to_upper"), next = vector("next_letter");
  EXPECT_THAT(done({"vector", "apply", upper, "--task", "to_upper", "--items", "4"}),
              AllOf(HasSubstr("query alone"), HasSubstr("with the vector")));
  EXPECT_THAT(done({"vector", "apply", upper, "example:a->"}), HasSubstr("with the vector"));
  EXPECT_THAT(done({"vector", "compare", "--vectors", upper + "," + next, "--likeliest", "2"}),
              AllOf(HasSubstr("to_upper"), HasSubstr("1.000")));
  const std::string sum = folder.path("sum.safetensors");
  EXPECT_EQ(test::run_program({"probe", "vector", "compose", "--vectors", upper + "," + next, "--weights", "1,-1", "--output", sum}).code, 0);
  EXPECT_THAT(done({"vector", "apply", sum, "example:a->"}), HasSubstr("with the vector"));
}

TEST_F(Probe, MistakesAreNamed) {
  expect_refused({"vector", "extract", "--task", "to_uper"}, "to_upper");
  expect_refused({"vector", "extract", "--task", "to_upper", "--layer", "3"}, "0 to 2");
  expect_refused({"vector", "apply", folder.path("none.safetensors"), "x"}, "none.safetensors");
  const std::string upper = vector("to_upper");
  expect_refused({"vector", "apply", upper}, "neither a prompt nor a task");
  test::write_gguf(test::make_tiny_llama(test::tiny_configuration(), 2), folder.path("tiny.gguf"));
  expect_refused({"vector", "apply", upper, "x"}, "checkpoint");
  EXPECT_THAT(done({"vector", "apply", upper, "x", "--other-model"}), HasSubstr("with the vector"));
}

}  // namespace
}  // namespace manabi
