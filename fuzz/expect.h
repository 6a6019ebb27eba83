// What every target demands: an input is read, or refused with a base::Error that can be shown to a user. Anything else is a finding.
#pragma once

#include <stdexcept>
#include <utility>

#include "base/error.h"
#include "base/format/utf8.h"

namespace manabi::fuzz {

inline void expect(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

// Runs `read` and returns whether the input was taken.
template <class Read>
bool is_read_or_refused(Read&& read) {
  try {
    std::forward<Read>(read)();
    return true;
  } catch (const base::Error& error) {
    expect(base::is_valid_utf8(error.what()), "a message that is not UTF-8");
    expect(!error.fault().where.empty() && !error.fault().given.empty(), "a message without its place or its reason");
    return false;
  }
}

}  // namespace manabi::fuzz
