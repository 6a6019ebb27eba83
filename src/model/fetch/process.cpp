#include "model/fetch/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

extern char** environ;

namespace manabi::model {
namespace {

constexpr int kTickMilliseconds = 200;

struct Pipe {
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) ends = {-1, -1};
  }
  ~Pipe() {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void close_writing() {
    ::close(ends[1]);
    ends[1] = -1;
  }

  std::array<int, 2> ends{-1, -1};
};

// A started program, ended and reaped at the latest when this goes out of scope.
class Child {
 public:
  Child(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& added, int output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    const std::vector<std::string> variables = merged_environment(added);
    std::vector<char*> argument_pointers = pointers(arguments), variable_pointers = pointers(variables);
    started_ = ::posix_spawnp(&process_, argument_pointers[0], &actions, nullptr, argument_pointers.data(), variable_pointers.data()) == 0;
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Child() {
    if (!started_) return;
    ::kill(process_, SIGTERM);
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool started() const { return started_; }

  int wait() {
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    started_ = false;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
  }

  static std::vector<std::string> merged_environment(const std::map<std::string, std::string>& added) {
    std::vector<std::string> variables;
    for (char** variable = environ; *variable; ++variable) {
      const std::string text = *variable;
      if (!added.contains(text.substr(0, text.find('=')))) variables.push_back(text);
    }
    for (const auto& [name, value] : added) variables.push_back(name + "=" + value);
    return variables;
  }

  pid_t process_ = -1;
  bool started_ = false;
};

// Appends what the pipe holds; false at its end.
bool read_some(int descriptor, std::string& output) {
  std::array<char, 4096> buffer;
  const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
  if (count > 0) output.append(buffer.data(), static_cast<size_t>(count));
  return count > 0 || (count < 0 && errno == EINTR);
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
                          const std::function<void()>& tick) {
  ProcessResult result;
  Pipe pipe;
  Child child(arguments, environment, pipe.ends[1]);
  pipe.close_writing();
  result.started = child.started();
  if (!result.started) return result;
  for (bool is_open = true; is_open;) {
    pollfd waiting{.fd = pipe.ends[0], .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, kTickMilliseconds) > 0) is_open = read_some(pipe.ends[0], result.output);
    tick();
  }
  result.status = child.wait();
  return result;
}

}  // namespace manabi::model
