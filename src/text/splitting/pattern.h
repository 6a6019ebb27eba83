// A Unicode regular expression (PCRE2, compiled to machine code) that finds its matches from left to right.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace manabi::text {

class Pattern {
 public:
  // `where` names the source for messages: a file and its key. "\s" and "\S" mean Unicode white space. What Oniguruma (which
  // transformers uses) and PCRE2 read differently is refused rather than guessed: a set inside a set, "&&", some escapes.
  Pattern(const std::string& regex, const std::string& where);
  ~Pattern();
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;

  // One thread's room for matching. Not to be shared.
  class Matcher {
   public:
    explicit Matcher(const Pattern& pattern);
    ~Matcher();
    Matcher(const Matcher&) = delete;
    Matcher& operator=(const Matcher&) = delete;

    // Finds the first non-empty match at or behind `from` in well-formed UTF-8. `^`, `$` and look-around see `text` alone.
    bool find(std::string_view text, size_t from, size_t& begin, size_t& end);

   private:
    struct Scratch;
    const Pattern& pattern_;
    std::unique_ptr<Scratch> scratch_;
  };

  const std::string& regex() const { return regex_; }

  // A pattern that matches exactly this text.
  static std::string literally(std::string_view text);

 private:
  struct Code;
  std::string regex_;
  std::string where_;
  std::unique_ptr<Code> code_;
};

// Every match replaced by `replacement`, which is taken as it is.
std::string replace_all(const Pattern& pattern, std::string_view text, std::string_view replacement);

struct ReplaceStep {
  Pattern pattern;
  std::string replacement;
};

}  // namespace manabi::text
