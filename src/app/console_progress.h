// Progress for people: one bar with the time left on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>

#include "base/watch.h"

namespace manabi::app {

class ConsoleProgress final : public base::Progress {
 public:
  ConsoleProgress(std::ostream& out, bool is_terminal) : out_(out), is_terminal_(is_terminal) {}

  void begin(const std::string& what, int64_t total) override;
  void advance(int64_t units) override;
  void note(const std::string& line) override;
  void end() override;
  // Takes the bar away: work ended early and something else will be printed.
  void abandon();

 private:
  using Clock = std::chrono::steady_clock;

  void draw();
  void clear();
  std::string status() const;  // "37 %, 2:10 left"

  std::ostream& out_;
  const bool is_terminal_;
  std::string what_;
  int64_t total_ = 0;
  int64_t done_ = 0;
  Clock::time_point begun_;
  Clock::time_point drawn_;
};

// "0:07", "12:30", "2:05:00"
std::string clock_text(double seconds);

}  // namespace manabi::app
