// How long work reports to its caller and hears that it should stop. The library prints nothing and catches no signal by itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/error.h"

namespace manabi::base {

class Progress {
 public:
  virtual ~Progress() = default;
  virtual void begin(const std::string& what, int64_t total) = 0;  // total in units of the caller's choice; 0 when unknown
  virtual void advance(int64_t units) = 0;
  virtual void note(const std::string& line) = 0;  // one line that the user should see (a warning, a finding)
  virtual void end() = 0;
};

class Cancel {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_{false};
};

// Passed down by value; both pointers may be null (nobody listens).
struct Watch {
  Progress* progress = nullptr;
  const Cancel* cancel = nullptr;

  void begin(const std::string& what, int64_t total) const {
    if (progress) progress->begin(what, total);
  }
  void advance(int64_t units = 1) const {
    if (progress) progress->advance(units);
  }
  void note(const std::string& line) const {
    if (progress) progress->note(line);
  }
  void end() const {
    if (progress) progress->end();
  }
  void throw_if_cancelled() const {
    if (cancel && cancel->requested()) throw Cancelled();
  }
};

}  // namespace manabi::base
