#include "app/verbs.h"

#include <fmt/format.h>

#include <ostream>

#include "base/error.h"

namespace manabi::app {

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> all = {
      {"run", "run STUDY [options]", "run a study and write its report; only what is missing is computed", run_verb},
      {"report", "report STUDY [options]", "write the report of a study's last run again, from its records alone", report_verb},
      {"export", "export STUDY [options]", "write a study's records as CSV or JSONL", export_verb},
      {"list", "list studies|models|worlds|tasks|runs", "what there is", list_verb},
      {"score", "score REQUESTS [options]", "log-probabilities of choices, one JSON object a line", score_verb},
      {"generate", "generate PROMPT [options]", "continue a prompt", generate_verb},
      {"tokenize", "tokenize TEXT [options]", "every token with its id and bytes", tokenize_verb},
      {"train", "train TEXT [options]", "train a language model from scratch on a text file", train_verb},
      {"tune", "tune METHOD [options]", "tune a prompt, a prefix, low ranks or all weights on a data set", tune_verb},
      {"probe", "probe read|edit|patch|lens|heads|vector", "look inside a model", probe_verb},
      {"get", "get MODEL [options]", "fetch a model into the cache", get_verb},
      {"doctor", "doctor", "look at this machine and say what works", doctor_verb},
  };
  return all;
}

namespace {

void print_help(std::ostream& out) {
  out << "Manabi: how does a language model learn a task: in its context, in its prompt or in its weights?\n\n";
  for (const Verb& verb : verbs()) out << fmt::format("  manabi {:<42} {}\n", verb.usage, verb.summary);
  out << "  ./manabi test [--sanitize|--parity|--lint]        build and run every test\n"
         "  ./manabi bench GROUP [--peers VENV] [--json]      measure, beside other programs\n\n"
         "Every flag has a twin in the environment (--model: MANABI_MODEL). 'manabi VERB --help' lists a verb's options.\n";
}

}  // namespace

int act_on_part(std::span<const Verb> parts, const std::string& whole, Words words, Session& session) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h") {
    for (const Verb& part : parts) session.out << fmt::format("  manabi {:<42} {}\n", part.usage, part.summary);
    if (!words.empty()) return 0;
    throw base::Error({.where = whole, .given = "nothing to do", .expected = "one of the above"});
  }
  std::vector<std::string> names;
  for (const Verb& part : parts) {
    if (part.name == words[0]) return part.act(words.subspan(1), session);
    names.push_back(part.name);
  }
  throw base::Error({.where = whole, .given = "there is no verb '" + words[0] + "'", .hint = base::nearest_hint(words[0], names)});
}

int run_program(Words words, Session& session) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_help(session.out);
    return 0;
  }
  if (words[0] == "--version") {
    session.out << "manabi " MANABI_VERSION "\n";
    return 0;
  }
  return act_on_part(verbs(), "manabi", words, session);
}

}  // namespace manabi::app
