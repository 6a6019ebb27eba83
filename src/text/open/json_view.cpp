#include "text/open/json_view.h"

#include <limits>

#include "base/error.h"

namespace manabi::text {

const base::Json& JsonView::null() {
  static const base::Json nothing;
  return nothing;
}

JsonView JsonView::at(const std::string& key) const {
  if (!value_->is_object() && !value_->is_null()) refuse_type("an object");
  const auto found = value_->find(key);
  return {found == value_->end() ? null() : *found, file_, path_ + "." + key};
}

std::vector<JsonView> JsonView::items() const {
  if (!value_->is_array()) refuse_type("an array");
  std::vector<JsonView> items;
  for (const base::Json& item : *value_) items.emplace_back(item, file_, path_ + "[" + std::to_string(items.size()) + "]");
  return items;
}

std::vector<std::pair<std::string, JsonView>> JsonView::members() const {
  if (!value_->is_object()) refuse_type("an object");
  std::vector<std::pair<std::string, JsonView>> members;
  for (const auto& [key, value] : value_->items()) members.emplace_back(key, JsonView(value, file_, path_ + "." + key));
  return members;
}

const std::string& JsonView::text() const {
  if (!value_->is_string()) refuse_type("a string");
  return value_->get_ref<const std::string&>();
}

std::string JsonView::text(const std::string& or_else) const { return is_null() ? or_else : text(); }

int64_t JsonView::integer() const {
  if (!value_->is_number_integer()) refuse_type("an integer");
  return value_->get<int64_t>();
}

TokenId JsonView::token_id() const {
  constexpr int64_t kLargest = std::numeric_limits<TokenId>::max();
  const int64_t id = integer();
  if (id < 0 || id > kLargest) refuse("the id " + value_->dump(), "a token's id, 0 or more");
  return static_cast<TokenId>(id);
}

bool JsonView::flag(bool or_else) const {
  if (is_null()) return or_else;
  if (!value_->is_boolean()) refuse_type("true or false");
  return value_->get<bool>();
}

void JsonView::refuse(const std::string& given, const std::string& expected) const {
  throw base::Error({.where = where(), .given = given, .expected = expected});
}

void JsonView::refuse_type(const std::string& expected) const {
  refuse(is_null() ? "nothing is here" : "this is " + std::string(value_->type_name()), expected);
}

}  // namespace manabi::text
