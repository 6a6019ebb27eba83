// `manabi probe lens`: what the unembedding would say of the stream at every layer.
#include <fmt/format.h>

#include <cmath>
#include <ostream>

#include "app/command_line.h"
#include "app/model_options.h"
#include "app/verbs/probe/probe_verbs.h"
#include "app/verbs/probe/prompts.h"
#include "base/error.h"
#include "base/format/json.h"
#include "base/format/printable.h"
#include "probe/lens/logit_lens.h"

namespace manabi::app {
namespace {

base::Json json_of(const probe::LogitLens& lens, const model::Checkpoint& checkpoint) {
  base::Json layers = base::Json::array();
  for (size_t layer = 0; layer < lens.likeliest.size(); ++layer) {
    base::Json positions = base::Json::array();
    for (size_t position = 0; position < lens.likeliest[layer].size(); ++position) {
      base::Json likeliest = base::Json::array();
      for (const probe::LikelyToken& token : lens.likeliest[layer][position])
        likeliest.push_back({{"id", token.token},
                             {"text", base::printable(checkpoint.tokenizer->bytes_of(token.token))},
                             {"log_probability", token.log_probability}});
      base::Json entry = {{"likeliest", likeliest}};
      if (!lens.answer.empty()) entry["answer"] = lens.answer[layer][position];
      positions.push_back(std::move(entry));
    }
    layers.push_back(std::move(positions));
  }
  return layers;
}

// One line a layer, of the last position.
void print(const probe::LogitLens& lens, const model::Checkpoint& checkpoint, std::ostream& out) {
  for (size_t layer = 0; layer < lens.likeliest.size(); ++layer) {
    out << fmt::format("{:>5} ", layer == 0 ? "input" : std::to_string(layer - 1));
    if (!lens.answer.empty()) out << fmt::format(" {:>6.1f} %", 100 * std::exp(lens.answer[layer].back()));
    for (const probe::LikelyToken& token : lens.likeliest[layer].back()) {
      const std::string text = base::Json(base::printable(checkpoint.tokenizer->bytes_of(token.token))).dump();
      out << fmt::format("  {:<14} {:>5.1f} %", text, 100 * std::exp(token.log_probability));
    }
    out << "\n";
  }
}

}  // namespace

int probe_lens(Words words, Session& session) {
  std::string prompt, answer;
  int64_t likeliest = 3;
  bool json = false;
  ModelOptions model;
  CommandLine line{.verb = "probe lens", .summary = "Reads the stream of every layer as if it were the last: the likeliest next tokens."};
  line.positionals = {{.name = "PROMPT", .help = "the text after which the next token is asked", .target = &prompt}};
  line.options.add_all(model.table());
  line.options.add({.name = "answer", .help = "a text whose first token is followed through the layers", .target = &answer});
  line.options.add({.name = "likeliest", .help = "how many tokens of each layer", .target = &likeliest, .least = 1, .most = 1000});
  line.options.add({.name = "json", .help = "all layers and positions as JSON", .target = &json});
  if (!parse(line, words, session.out)) return 0;
  const model::Checkpoint checkpoint = model.open(session.watch);
  const std::vector<text::TokenId> tokens = prompt_tokens(checkpoint, prompt, model.beginning);
  if (tokens.empty()) throw base::Error({.where = "PROMPT", .given = "nothing", .expected = "a text of at least one token"});
  const text::TokenId followed = answer.empty() ? -1 : answer_token(checkpoint, answer, "--answer", session.messages);
  const probe::LogitLens lens = probe::logit_lens(*checkpoint.lm, tokens, likeliest, followed, json ? 0 : 1);
  if (json)
    session.out << base::Json{{"tokens", printed_tokens(checkpoint, tokens)}, {"layers", json_of(lens, checkpoint)}}.dump() << "\n";
  else
    print(lens, checkpoint, session.out);
  return 0;
}

}  // namespace manabi::app
