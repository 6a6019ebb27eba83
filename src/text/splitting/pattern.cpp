#include "text/splitting/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>

#include "base/error.h"
#include "base/format/utf8.h"
#include "text/utf8.h"

namespace manabi::text {
namespace {

constexpr std::string_view kWhiteSpace = "\\p{White_Space}";
constexpr std::string_view kNoWhiteSpace = "\\P{White_Space}";
constexpr std::string_view kAmbiguousEscapes = "hHvVQEK";

// PCRE2_MULTILINE: in Oniguruma's syntax ^ and $ always match at line ends.
constexpr uint32_t kOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;

std::string message_of(int code) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(code, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

// The regex as PCRE2 is to see it. PCRE2's own \s has one character more than Unicode's white space (U+180E).
class Translation {
 public:
  Translation(const std::string& regex, const std::string& where) : regex_(regex), where_(where) {
    while (at_ < regex_.size()) copy_one();
  }

  const std::string& text() const { return text_; }

 private:
  void copy_one() {
    const char letter = regex_[at_];
    if (letter == '\\' && at_ + 1 < regex_.size()) return copy_escape();
    if (in_set_) {
      check_set(letter);
      in_set_ = letter != ']' || at_ == set_start_;
    } else if (letter == '[') {
      in_set_ = true;
      set_start_ = at_ + (regex_.compare(at_ + 1, 1, "^") == 0 ? 2 : 1);
    }
    text_ += letter;
    ++at_;
  }

  void copy_escape() {
    const char letter = regex_[at_ + 1];
    if (kAmbiguousEscapes.find(letter) != std::string_view::npos)
      refuse(std::string("the escape '\\") + letter + "'", "spell out the characters that are meant");
    text_ += letter == 's' ? kWhiteSpace : letter == 'S' ? kNoWhiteSpace : std::string_view(regex_).substr(at_, 2);
    at_ += 2;
  }

  void check_set(char letter) const {
    if (letter == '[') refuse("a set inside a set", "write a literal '[' inside a set as '\\['");
    if (letter == '&' && regex_.compare(at_, 2, "&&") == 0) refuse("an intersection of sets (&&)", "write a literal '&' inside a set as '\\&'");
  }

  [[noreturn]] void refuse(const std::string& what, const std::string& hint) const {
    throw base::Error({.where = where_,
                       .given = what + " in the regular expression " + base::in_quotes(regex_) + " at byte " + std::to_string(at_),
                       .expected = "only what Oniguruma and PCRE2 read alike",
                       .hint = hint});
  }

  const std::string& regex_;
  const std::string& where_;
  std::string text_;
  size_t at_ = 0;
  bool in_set_ = false;
  size_t set_start_ = 0;  // where a ']' is still a member of the set: right behind "[" or "[^"
};

}  // namespace

struct Pattern::Code {
  pcre2_code* compiled = nullptr;
  ~Code() { pcre2_code_free(compiled); }
};

Pattern::Pattern(const std::string& regex, const std::string& where) : regex_(regex), where_(where), code_(std::make_unique<Code>()) {
  const Translation translation(regex_, where_);
  const std::string& source = translation.text();
  int error = 0;
  PCRE2_SIZE offset = 0;
  code_->compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(source.data()), source.size(), kOptions, &error, &offset, nullptr);
  if (!code_->compiled)
    throw base::Error({.where = where_,
                       .given = "the regular expression " + base::in_quotes(regex_) + " does not compile: " + message_of(error),
                       .expected = "a regular expression in PCRE2's syntax"});
  // Where machine code cannot be made PCRE2 interprets the pattern: slower, the same matches.
  pcre2_jit_compile(code_->compiled, PCRE2_JIT_COMPLETE);
}

Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

struct Pattern::Matcher::Scratch {
  pcre2_match_data* data = nullptr;
  ~Scratch() { pcre2_match_data_free(data); }
};

Pattern::Matcher::Matcher(const Pattern& pattern) : pattern_(pattern), scratch_(std::make_unique<Scratch>()) {
  scratch_->data = pcre2_match_data_create(1, nullptr);
}

Pattern::Matcher::~Matcher() = default;

bool Pattern::Matcher::find(std::string_view text, size_t from, size_t& begin, size_t& end) {
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  const auto match = [&](uint32_t options) {
    return pcre2_match(pattern_.code_->compiled, subject, text.size(), from, options | PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, scratch_->data,
                       nullptr);
  };
  int found = match(0);
  if (found == PCRE2_ERROR_JIT_STACKLIMIT) found = match(PCRE2_NO_JIT);
  if (found == PCRE2_ERROR_NOMATCH) return false;
  if (found < 0)
    throw base::Error({.where = pattern_.where_,
                       .given = "the regular expression " + base::in_quotes(pattern_.regex_) + " failed on a text of " +
                                std::to_string(text.size()) + " bytes: " + message_of(found),
                       .expected = "a pattern that matches in reasonable time"});
  const PCRE2_SIZE* offsets = pcre2_get_ovector_pointer(scratch_->data);
  begin = offsets[0];
  end = offsets[1];
  return true;
}

std::string Pattern::literally(std::string_view text) {
  std::string regex;
  for (const char letter : text) {
    const bool plain = static_cast<unsigned char>(letter) >= 0x80 || isalnum(static_cast<unsigned char>(letter)) || letter == ' ';
    if (!plain) regex += '\\';
    regex += letter;
  }
  return regex;
}

std::string replace_all(const Pattern& pattern, std::string_view text, std::string_view replacement) {
  Pattern::Matcher matcher(pattern);
  std::string replaced;
  size_t at = 0;
  size_t begin = 0;
  size_t end = 0;
  while (at < text.size() && matcher.find(text, at, begin, end)) {
    replaced.append(text.substr(at, begin - at)).append(replacement);
    at = end;
  }
  return replaced.append(text.substr(at));
}

}  // namespace manabi::text
