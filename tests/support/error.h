// What a call complained about: the whole message, or its parts.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/error.h"

namespace manabi::test {

// The message of the base::Error that `call` throws, or "" when it throws none.
template <class Call>
std::string error_of(Call&& call) {
  try {
    std::forward<Call>(call)();
  } catch (const base::Error& error) {
    return error.what();
  }
  return "";
}

// The parts of the base::Error that `call` throws; fails the test when it throws none.
template <class Call>
base::Fault fault_of(Call&& call) {
  try {
    std::forward<Call>(call)();
  } catch (const base::Error& error) {
    return error.fault();
  }
  ADD_FAILURE() << "no base::Error was thrown";
  return {};
}

}  // namespace manabi::test
