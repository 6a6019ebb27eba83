// The one error type that crosses rooms. Every message names the user's own input, what was expected of it and how to fix it.
#pragma once

#include <exception>
#include <span>
#include <string>
#include <string_view>

namespace manabi::base {

// The parts of a message. `where` is a file (with line, tensor or key), a flag or a request; any part may be empty except `given`.
struct Fault {
  std::string where;
  std::string given;
  std::string expected;
  std::string hint;
};

// A mistake in what the user gave us: a file, an option, a request. The command line turns it into exit code 2.
class Error : public std::exception {
 public:
  explicit Error(Fault fault);
  const char* what() const noexcept override { return message_.c_str(); }
  const Fault& fault() const noexcept { return fault_; }

 private:
  Fault fault_;
  std::string message_;
};

// Thrown by long work when its Cancel was requested. Nothing is lost but the unit of work in hand.
class Cancelled : public std::exception {
 public:
  const char* what() const noexcept override { return "cancelled"; }
};

// The candidate with the smallest edit distance to `name`, or "" when none is closer than half of the name's length.
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

// "did you mean 'x'?" for nearest_name's answer, or a list of all candidates when nothing is near.
std::string nearest_hint(std::string_view name, std::span<const std::string> candidates);

}  // namespace manabi::base
