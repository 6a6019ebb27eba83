// `manabi probe WHAT`: looking inside a model.
#include <fmt/format.h>

#include <ostream>
#include <string>
#include <vector>

#include "app/verbs/probe/probe_verbs.h"
#include "base/error.h"

namespace manabi::app {
namespace {

const std::vector<Verb> kProbes = {
    {"patch", "probe patch [options]", "activations of one prompt put into another, layer by layer", probe_patch},
    {"lens", "probe lens PROMPT [options]", "what every layer would say next", probe_lens},
    {"heads", "probe heads [options]", "which heads look where on repeated tokens", probe_heads},
};

}  // namespace

int probe_verb(Words words, Session& session) {
  if (words.empty() || words.front() == "--help" || words.front() == "-h") {
    for (const Verb& probe : kProbes) session.out << fmt::format("  manabi {:<42} {}\n", probe.usage, probe.summary);
    if (!words.empty()) return 0;
    throw base::Error({.where = "manabi probe", .given = "nothing to look at", .expected = "one of the above"});
  }
  std::vector<std::string> names;
  for (const Verb& probe : kProbes) {
    if (probe.name == words.front()) return probe.act(words.subspan(1), session);
    names.push_back(probe.name);
  }
  throw base::Error({.where = "manabi probe", .given = "there is no '" + words.front() + "'", .hint = base::nearest_hint(words.front(), names)});
}

}  // namespace manabi::app
