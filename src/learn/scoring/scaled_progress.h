// Passes progress on in the caller's unit (episodes, requests) while the work below counts in its own (tokens).
#pragma once

#include <algorithm>

#include "base/watch.h"

namespace manabi::learn {

class ScaledProgress final : public base::Progress {
 public:
  // `units` are handed to `outer` in proportion to what is done of the work below; its begin and end are not passed on.
  ScaledProgress(base::Watch outer, int64_t units) : outer_(outer), units_(units) {}

  base::Watch watch() { return {this, outer_.cancel}; }

  void begin(const std::string&, int64_t total) override { total_ = total; }
  void advance(int64_t done) override {
    done_ += done;
    report(total_ > 0 ? std::min(units_, done_ * units_ / total_) : 0);
  }
  void note(const std::string& line) override { outer_.note(line); }
  void end() override { report(units_); }

 private:
  void report(int64_t units) {
    if (units > reported_) outer_.advance(units - reported_);
    reported_ = std::max(reported_, units);
  }

  base::Watch outer_;
  int64_t units_;
  int64_t total_ = 0;
  int64_t done_ = 0;
  int64_t reported_ = 0;
};

}  // namespace manabi::learn
