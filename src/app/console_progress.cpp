#include "app/console_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace manabi::app {
namespace {

constexpr int kBarWidth = 28;
constexpr std::chrono::milliseconds kRedraw{100};  // on a terminal
constexpr std::chrono::seconds kRepeat{15};        // elsewhere

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

std::string clock_text(double seconds) {
  const int64_t whole = std::max<int64_t>(0, static_cast<int64_t>(seconds + 0.5));
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

void ConsoleProgress::begin(const std::string& what, int64_t total) {
  what_ = what;
  total_ = total;
  done_ = 0;
  begun_ = Clock::now();
  drawn_ = begun_;
  if (is_terminal_)
    draw();
  else
    out_ << what_ << "\n" << std::flush;
}

std::string ConsoleProgress::status() const {
  if (total_ <= 0) return "";
  const double share = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
  std::string text = fmt::format("{:3.0f} %", 100 * share);
  if (done_ > 0 && done_ < total_) text += fmt::format(", {} left", clock_text(seconds_between(begun_, Clock::now()) * (1 - share) / share));
  return text;
}

void ConsoleProgress::advance(int64_t units) {
  done_ += units;
  const auto now = Clock::now();
  if (now - drawn_ <
      (is_terminal_ ? std::chrono::duration_cast<Clock::duration>(kRedraw) : std::chrono::duration_cast<Clock::duration>(kRepeat)))
    return;
  drawn_ = now;
  if (is_terminal_)
    draw();
  else
    out_ << what_ << ": " << status() << "\n" << std::flush;
}

void ConsoleProgress::draw() {
  const double share = total_ > 0 ? std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_)) : 0;
  const int filled = static_cast<int>(share * kBarWidth);
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) bar += i < filled ? "█" : "░";
  out_ << "\r\033[K" << what_ << "  " << bar << "  " << status() << std::flush;
}

void ConsoleProgress::clear() {
  if (is_terminal_) out_ << "\r\033[K";
}

void ConsoleProgress::note(const std::string& line) {
  clear();
  out_ << line << "\n" << std::flush;
  if (is_terminal_ && !what_.empty()) draw();
}

void ConsoleProgress::abandon() {
  if (!what_.empty()) clear();
  what_.clear();
  out_ << std::flush;
}

void ConsoleProgress::end() {
  clear();
  if (!what_.empty()) out_ << what_ << ": " << clock_text(seconds_between(begun_, Clock::now())) << "\n" << std::flush;
  what_.clear();
}

}  // namespace manabi::app
