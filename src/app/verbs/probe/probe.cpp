// `manabi probe WHAT`: looking inside a model.
#include "app/verbs/probe/probe_verbs.h"

namespace manabi::app {

int probe_verb(Words words, Session& session) {
  static const std::vector<Verb> parts = {
      {"read", "probe read PROMPT --sites SITES", "a prompt's activations into a file", probe_read},
      {"edit", "probe edit PROMPT --site SITE [options]", "activations changed, and what comes next", probe_edit},
      {"patch", "probe patch [options]", "activations of one prompt put into another, layer by layer", probe_patch},
      {"lens", "probe lens PROMPT [options]", "what every layer would say next", probe_lens},
      {"heads", "probe heads [options]", "which heads look where on repeated tokens", probe_heads},
      {"vector", "probe vector extract|apply|compose|compare", "a task as one vector in the stream", probe_vector},
  };
  return act_on_part(parts, "manabi probe", words, session);
}

}  // namespace manabi::app
