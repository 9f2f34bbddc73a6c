#include <algorithm>

#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {

Bound::Bound(const Args& args, std::initializer_list<std::string_view> names) : names_(names) {
  if (args.positional.size() > names_.size()) {
    fail("There are " + std::to_string(args.positional.size()) + " arguments where " +
         std::to_string(names_.size()) + " are allowed.");
  }
  values_.resize(names_.size());
  for (std::size_t i = 0; i < args.positional.size(); ++i) values_[i] = &args.positional[i];
  for (const auto& [name, value] : args.named) {
    const auto it = std::ranges::find(names_, name);
    if (it == names_.end()) fail("There is no argument '" + name + "'.");
    values_[static_cast<std::size_t>(it - names_.begin())] = &value;
  }
}

bool Bound::flag(std::size_t index, bool otherwise) const {
  return values_[index] == nullptr ? otherwise : values_[index]->is_true();
}

std::int64_t Bound::integer(std::size_t index, std::int64_t otherwise) const {
  if (values_[index] == nullptr || values_[index]->is_none()) return otherwise;
  if (!values_[index]->is_number()) fail("'" + std::string(names_[index]) + "' must be a number.");
  return values_[index]->as_int();
}

Text Bound::text(std::size_t index, std::string_view otherwise) const {
  const bool is_absent = values_[index] == nullptr || values_[index]->is_none();
  return is_absent ? Text(otherwise) : to_text(*values_[index]);
}

const Value& Bound::need(std::size_t index) const {
  if (values_[index] == nullptr)
    fail("The argument '" + std::string(names_[index]) + "' is missing.");
  return *values_[index];
}

const Text& need_text(const Value& value, std::string_view what) {
  if (value.is_undefined()) fail("'" + value.as_undefined().name + "' is undefined.");
  if (!value.is_text()) {
    fail(std::string(what) + " must be a string, not '" + std::string(value.type_name()) + "'.");
  }
  return value.as_text();
}

std::vector<Value> items_of(const Value& value) {
  if (value.is_list()) return value.as_list().items;
  std::vector<Value> items;
  if (value.is_dict()) {
    for (const auto& [key, entry] : value.as_dict().items()) items.push_back(key);
  } else if (value.is_text()) {
    value.as_text().for_each_character([&](std::string_view character, bool trusted) {
      items.emplace_back(Text(character, trusted));
    });
  } else if (!value.is_undefined()) {
    fail("A value of type '" + std::string(value.type_name()) + "' cannot be looped over.");
  }
  return items;
}

}  // namespace octavo::jinja
