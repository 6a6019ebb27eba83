#include "base/format/printable.h"

#include <fmt/format.h>

#include "base/format/json.h"

namespace manabi::base {

std::string printable(std::string_view bytes) {
  if (is_valid_utf8(bytes)) return std::string(bytes);
  std::string hex;
  for (unsigned char byte : bytes) hex += fmt::format("<{:02X}>", byte);
  return hex;
}

}  // namespace manabi::base
