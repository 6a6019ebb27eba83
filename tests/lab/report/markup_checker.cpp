#include "tests/lab/report/markup_checker.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>
#include <stdexcept>

namespace manabi::test {
namespace {

const std::set<std::string> kVoid{"meta", "wbr", "br", "link", "img", "input", "hr"};
const std::set<std::string> kRaw{"style", "script"};

bool is_name_letter(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) || letter == '-' || letter == '_' || letter == ':' || letter == '.';
}

class Reader {
 public:
  Reader(std::string_view text, bool is_xml, Markup& markup) : text_(text), is_xml_(is_xml), markup_(markup) {}

  void read() {
    if (starts_with("<!DOCTYPE html>")) at_ += 15;
    while (at_ < text_.size()) {
      if (starts_with("</"))
        read_end();
      else if (text_[at_] == '<')
        read_start();
      else
        read_text();
    }
    require(open_.empty(), "unclosed <" + (open_.empty() ? "" : markup_.elements[open_.back()].name) + ">");
    check_references();
  }

 private:
  void require(bool condition, const std::string& what) const {
    if (!condition) throw std::runtime_error(what + " at byte " + std::to_string(at_) + ": " + std::string(text_.substr(at_, 60)));
  }
  bool starts_with(std::string_view start) const { return text_.substr(at_, start.size()) == start; }
  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  std::string read_name() {
    const size_t start = at_;
    while (at_ < text_.size() && is_name_letter(text_[at_])) ++at_;
    require(at_ > start, "a name is missing");
    return std::string(text_.substr(start, at_ - start));
  }

  void check_text(std::string_view text) const {
    require(text.find('<') == std::string_view::npos && text.find('>') == std::string_view::npos, "a bare angle bracket");
    for (size_t found = text.find('&'); found != std::string_view::npos; found = text.find('&', found + 1)) {
      const std::string_view entity = text.substr(found, text.find(';', found) - found);
      const bool is_known = entity == "&amp" || entity == "&lt" || entity == "&gt" || entity == "&quot" || entity == "&#39" || entity == "&#160";
      require(is_known, "unknown entity " + std::string(entity.substr(0, 12)));
    }
    for (const char letter : text) {
      const auto byte = static_cast<unsigned char>(letter);
      require(byte >= 0x20 || byte == '\n' || byte == '\t', "a control character");
    }
  }

  void read_text() {
    const size_t end = std::min(text_.find('<', at_), text_.size());
    const std::string_view text = text_.substr(at_, end - at_);
    check_text(text);
    if (!open_.empty()) markup_.elements[open_.back()].text += text;
    at_ = end;
  }

  void read_start() {
    ++at_;
    Element element{.name = read_name()};
    for (skip_space(); at_ < text_.size() && text_[at_] != '>' && text_[at_] != '/'; skip_space()) read_attribute(element);
    const bool closes_itself = starts_with("/>");
    require(closes_itself || starts_with(">"), "an unfinished tag");
    at_ += closes_itself ? 2 : 1;
    markup_.elements.push_back(element);
    if (closes_itself || (!is_xml_ && kVoid.contains(element.name))) return;
    open_.push_back(markup_.elements.size() - 1);
    if (!kRaw.contains(element.name)) return;
    const size_t end = text_.find("</" + element.name + ">", at_);
    require(end != std::string_view::npos, "unclosed <" + element.name + ">");
    markup_.elements.back().text = text_.substr(at_, end - at_);
    at_ = end;
  }

  void read_attribute(Element& element) {
    const std::string name = read_name();
    require(starts_with("=\""), "an attribute without a quoted value");
    at_ += 2;
    const size_t end = text_.find('"', at_);
    require(end != std::string_view::npos, "an unfinished attribute");
    const std::string value(text_.substr(at_, end - at_));
    check_text(value);
    require(element.attributes.emplace(name, value).second, "a repeated attribute " + name);
    if (name == "id") require(ids_.insert(value).second, "a repeated id " + value);
    at_ = end + 1;
  }

  void read_end() {
    at_ += 2;
    const std::string name = read_name();
    require(!open_.empty() && markup_.elements[open_.back()].name == name, "</" + name + "> closes nothing");
    require(starts_with(">"), "an unfinished tag");
    ++at_;
    open_.pop_back();
  }

  void check_references() const {
    for (const Element& element : markup_.elements) {
      if (element.at("href").starts_with("#")) require(ids_.contains(element.at("href").substr(1)), "a dead link " + element.at("href"));
      for (const char* attribute : {"aria-labelledby", "aria-describedby"}) {
        std::istringstream names(element.at(attribute));
        for (std::string name; names >> name;) require(ids_.contains(name), "a dead reference " + name);
      }
    }
  }

  std::string_view text_;
  bool is_xml_;
  Markup& markup_;
  size_t at_ = 0;
  std::vector<size_t> open_;
  std::set<std::string> ids_;
};

}  // namespace

std::string Element::at(const std::string& attribute) const {
  const auto found = attributes.find(attribute);
  return found == attributes.end() ? "" : found->second;
}

bool Element::has_class(const std::string& wanted) const {
  std::istringstream names(at("class"));
  for (std::string one; names >> one;) {
    if (one == wanted) return true;
  }
  return false;
}

std::vector<const Element*> Markup::named(const std::string& name) const {
  std::vector<const Element*> found;
  for (const Element& element : elements) {
    if (element.name == name) found.push_back(&element);
  }
  return found;
}

std::vector<const Element*> Markup::with_class(const std::string& name) const {
  std::vector<const Element*> found;
  for (const Element& element : elements) {
    if (element.has_class(name)) found.push_back(&element);
  }
  return found;
}

Markup read_markup(std::string_view text, bool is_xml) {
  Markup markup;
  try {
    Reader(text, is_xml, markup).read();
  } catch (const std::runtime_error& error) {
    markup.fault = error.what();
  }
  return markup;
}

}  // namespace manabi::test
