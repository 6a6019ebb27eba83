// The program: words in, exit code out. 0 done, 2 the user's mistake, 130 interrupted, 1 anything else.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "app/console_progress.h"
#include "app/verbs.h"
#include "base/error.h"
#include "base/watch.h"

namespace {

manabi::base::Cancel cancel;

// The first Ctrl-C asks the work to stop after what is in hand; the second one ends the program at once.
extern "C" void on_interrupt(int) {
  if (cancel.requested()) _exit(130);
  cancel.request();
}

// Training steps free and take the same megabytes again and again; given back to the system each time, they would be cleared page by page.
void keep_freed_memory() {
#if defined(__GLIBC__)
  constexpr int kMebibyte = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, 64 * kMebibyte);
  mallopt(M_TRIM_THRESHOLD, 256 * kMebibyte);
#endif
}

}  // namespace

int main(int argument_count, char** arguments) {
  keep_freed_memory();
  // Without SA_RESTART: what waits for a pipe or a terminal hears of it too.
  struct sigaction interrupt {};
  interrupt.sa_handler = on_interrupt;
  sigaction(SIGINT, &interrupt, nullptr);
  sigaction(SIGTERM, &interrupt, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const std::vector<std::string> words(arguments + 1, arguments + argument_count);
  const char* assets = std::getenv("MANABI_ASSETS");
  manabi::app::ConsoleProgress progress(std::cerr, isatty(STDERR_FILENO));
  manabi::app::Session session{.out = std::cout,
                               .messages = std::cerr,
                               .watch = {.progress = &progress, .cancel = &cancel},
                               .assets_folder = assets ? assets : MANABI_ASSETS_FOLDER};
  try {
    const int code = manabi::app::run_program(words, session);
    std::cout.flush();
    if (!std::cout)
      throw manabi::base::Error({.where = "standard output", .given = "could not be written", .hint = "is the disk full, or the pipe closed?"});
    return code;
  } catch (const manabi::base::Cancelled&) {
    progress.abandon();
    std::cerr << "manabi: interrupted\n";
    return 130;
  } catch (const manabi::base::Error& error) {
    progress.abandon();
    std::cerr << "manabi: " << error.what() << "\n";
    return 2;
  } catch (const std::filesystem::filesystem_error& error) {
    progress.abandon();
    std::cerr << "manabi: " << error.path1().string() << ": " << error.code().message() << "\n  hint: check the path and its permissions\n";
    return 2;
  } catch (const std::exception& error) {
    progress.abandon();
    std::cerr << "manabi: internal error: " << error.what()
              << "\n  hint: this is a defect of Manabi; `manabi doctor` prints what a report of it needs\n";
    return 1;
  }
}
