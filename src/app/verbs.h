// The verbs of the command line. Each takes its words (after the verb) and the session, and returns the exit code.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "base/watch.h"

namespace manabi::app {

// What a verb may touch of the outside world: where it writes, who listens to progress, and who may stop it.
struct Session {
  std::ostream& out;       // results
  std::ostream& messages;  // everything else
  base::Watch watch;
  std::string assets_folder;
};

using Words = std::span<const std::string>;

struct Verb {
  std::string name;
  std::string usage;    // "run STUDY [options]"
  std::string summary;  // one line for --help
  int (*act)(Words words, Session& session);
};

const std::vector<Verb>& verbs();

int run_verb(Words words, Session& session);
int report_verb(Words words, Session& session);
int export_verb(Words words, Session& session);
int list_verb(Words words, Session& session);
int score_verb(Words words, Session& session);
int generate_verb(Words words, Session& session);
int tokenize_verb(Words words, Session& session);
int train_verb(Words words, Session& session);
int tune_verb(Words words, Session& session);
int probe_verb(Words words, Session& session);
int get_verb(Words words, Session& session);
int doctor_verb(Words words, Session& session);

// Acts on the first word as one of the parts of `whole` ("manabi probe"); prints them for --help. Throws base::Error for none and for an unknown
// one, naming the nearest.
int act_on_part(std::span<const Verb> parts, const std::string& whole, Words words, Session& session);

// Dispatches on the first word; prints help for none, and names the nearest verb for an unknown one. Throws what the verb throws.
int run_program(Words words, Session& session);

}  // namespace manabi::app
