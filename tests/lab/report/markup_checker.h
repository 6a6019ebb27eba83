// A strict reader of the HTML and SVG that Manabi writes: enough to prove a page well-formed and to look at its elements.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace manabi::test {

struct Element {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;  // directly inside, not of children; entities as written

  std::string at(const std::string& attribute) const;  // "" when missing
  bool has_class(const std::string& name) const;
};

struct Markup {
  std::string fault;              // "" when well-formed; otherwise what is wrong, and where
  std::vector<Element> elements;  // in document order

  std::vector<const Element*> named(const std::string& name) const;
  std::vector<const Element*> with_class(const std::string& name) const;
};

// Balanced tags, quoted attributes without repeats, known entities, unique ids, references (#id, aria-*) that point at something.
// With `is_xml` elements without content must close themselves; otherwise HTML's void elements need not.
Markup read_markup(std::string_view text, bool is_xml = false);

}  // namespace manabi::test
