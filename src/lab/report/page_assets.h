// The style sheet and the script of the page. Everything is readable without the script: it only adds a panel of numbers under the pointer and
// marks the section in view.
#pragma once

#include <string_view>

namespace manabi::lab::report {

std::string_view page_style();  // in custom properties (see palette.h)
std::string_view page_script();

}  // namespace manabi::lab::report
