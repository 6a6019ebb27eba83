// Runs another program without a shell and hears what it says.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace manabi::model {

struct ProcessResult {
  bool started = false;  // false: no such program
  int status = -1;       // its exit code, or 128 + the signal that ended it
  std::string output;    // standard output and error together
};

// arguments[0] is the program, looked for on PATH. `environment` adds to ours. `tick` is called a few times a second; when it throws, the
// program is ended and the exception goes on.
ProcessResult run_process(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
                          const std::function<void()>& tick);

}  // namespace manabi::model
