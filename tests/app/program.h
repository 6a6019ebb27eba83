// Runs the built program as a user does: words, environment, and what it answered.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/file.h"
#include "tests/support/temporary_folder.h"

namespace manabi::test {

struct Outcome {
  int code = -1;  // exit code, or 128 + signal
  std::string out;
  std::string messages;
};

// A started program whose output lies in files until it is awaited.
class RunningProgram {
 public:
  explicit RunningProgram(const std::vector<std::string>& words, const std::vector<std::string>& environment = {},
                          const std::string& output = "") {
    const std::string out = output.empty() ? folder_.path("out") : output, messages = folder_.path("messages");
    child_ = ::fork();
    if (child_ != 0) return;
    for (const std::string& entry : environment) ::putenv(const_cast<char*>(entry.c_str()));
    std::vector<char*> arguments = {const_cast<char*>(MANABI_PROGRAM)};
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    ::dup2(::open(messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
    ::execv(MANABI_PROGRAM, arguments.data());
    ::_exit(127);
  }

  void send(int signal) const { ::kill(child_, signal); }
  std::string messages() const { return std::filesystem::exists(folder_.path("messages")) ? base::read_text(folder_.path("messages")) : ""; }

  Outcome wait() {
    int status = 0;
    ::waitpid(child_, &status, 0);
    Outcome outcome{.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)};
    if (std::filesystem::exists(folder_.path("out"))) outcome.out = base::read_text(folder_.path("out"));
    outcome.messages = messages();
    return outcome;
  }

 private:
  TemporaryFolder folder_;
  pid_t child_ = -1;
};

inline Outcome run_program(const std::vector<std::string>& words, const std::vector<std::string>& environment = {}) {
  return RunningProgram(words, environment).wait();
}

}  // namespace manabi::test
