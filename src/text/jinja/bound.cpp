#include <algorithm>

#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {

Bound::Bound(const Args& args, std::initializer_list<std::string_view> names, By by)
    : names_(names) {
  if (by == By::kPlace && !args.named.empty()) fail("The arguments are given by place.");
  if (args.positional.size() > names_.size()) {
    fail("There are " + std::to_string(args.positional.size()) + " arguments where " +
         std::to_string(names_.size()) + " are allowed.");
  }
  values_.resize(names_.size());
  for (std::size_t i = 0; i < args.positional.size(); ++i) values_[i] = &args.positional[i];
  for (const auto& [name, value] : args.named) {
    const auto it = std::ranges::find(names_, name);
    if (it == names_.end()) fail("There is no argument '" + name + "'.");
    const Value*& place = values_[static_cast<std::size_t>(it - names_.begin())];
    if (place != nullptr) fail("The argument '" + name + "' is given twice.");
    place = &value;
  }
}

bool Bound::flag(std::size_t index, bool otherwise) const {
  return values_[index] == nullptr ? otherwise : values_[index]->is_true();
}

std::int64_t Bound::integer(std::size_t index, std::int64_t otherwise) const {
  if (values_[index] == nullptr) return otherwise;
  return need_integer(*values_[index], "'" + std::string(names_[index]) + "'");
}

double Bound::number(std::size_t index, double otherwise) const {
  const Value* value = values_[index];
  if (value == nullptr) return otherwise;
  return value->is_float() ? value->as_float() : static_cast<double>(integer(index, 0));
}

std::int64_t Bound::size(std::size_t index, std::int64_t otherwise) const {
  if (values_[index] == nullptr) return otherwise;
  return need_size(*values_[index], "'" + std::string(names_[index]) + "'");
}

std::int64_t Bound::integer_or_none(std::size_t index, std::int64_t otherwise) const {
  const bool is_none = values_[index] != nullptr && values_[index]->is_none();
  return is_none ? otherwise : integer(index, otherwise);
}

Text Bound::text(std::size_t index, std::string_view otherwise) const {
  if (values_[index] == nullptr) return Text(otherwise);
  return need_text(*values_[index], "'" + std::string(names_[index]) + "'");
}

const Value& Bound::need(std::size_t index) const {
  if (values_[index] == nullptr)
    fail("The argument '" + std::string(names_[index]) + "' is missing.");
  return *values_[index];
}

void need_defined(const Value& value) {
  if (!value.is_undefined()) return;
  const Undefined& undefined = value.as_undefined();
  if (undefined.is_hidden)
    fail("The method '" + undefined.name + "' would change a value: templates may not.");
  fail("'" + undefined.name + "' is undefined.");
}

const Text& need_text(const Value& value, std::string_view what) {
  need_defined(value);
  if (!value.is_text()) {
    fail(std::string(what) + " must be a string, not '" + std::string(value.type_name()) + "'.");
  }
  return value.as_text();
}

std::int64_t need_integer(const Value& value, std::string_view what) {
  need_defined(value);
  if (!value.is_int() && !value.is_bool()) {
    fail(std::string(what) + " must be an integer, not '" + std::string(value.type_name()) + "'.");
  }
  return value.as_int();
}

std::int64_t need_size(const Value& value, std::string_view what) {
  const std::int64_t size = need_integer(value, what);
  if (value.as_integer() != size) fail(std::string(what) + " is too large.");
  return size;
}

}  // namespace octavo::jinja
