// Reads the members of a JSON object by name, kind and range, and remembers the first thing that is
// wrong, so that a parser is one line per field. null counts as absent, as clients send it for
// every optional.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "src/core/error.hpp"

namespace octavo {

class JsonFields {
 public:
  explicit JsonFields(const boost::json::object& object) : object_(object) {}

  const boost::json::value* find(std::string_view name) const {
    const auto* value = object_.if_contains(name);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  bool read(std::string_view name, std::string& out) {
    const auto* value = find(name);
    if (value == nullptr) return false;
    if (!value->is_string()) return wrong(name, "a string");
    out.assign(value->get_string());
    return true;
  }
  bool read(std::string_view name, bool& out) {
    const auto* value = find(name);
    if (value == nullptr) return false;
    if (!value->is_bool()) return wrong(name, "true or false");
    out = value->get_bool();
    return true;
  }
  bool read(std::string_view name, float& out) {
    const auto* value = find(name);
    if (value == nullptr) return false;
    if (!value->is_number()) return wrong(name, "a number");
    out = static_cast<float>(value->to_number<double>());
    if (!std::isfinite(out)) return wrong(name, "a finite number");
    return true;
  }
  bool read(std::string_view name, std::int64_t& out) {
    const auto* value = find(name);
    if (value == nullptr) return false;
    boost::system::error_code error;
    out = value->to_number<std::int64_t>(error);
    return error ? wrong(name, "an integer") : true;
  }
  bool read(std::string_view name, std::int32_t& out) {
    std::int64_t wide = out;
    if (!read(name, wide)) return false;
    if (wide < INT32_MIN || wide > INT32_MAX) return wrong(name, "an integer of 32 bits");
    out = static_cast<std::int32_t>(wide);
    return true;
  }

  template <class T>
  bool read(std::string_view name, std::optional<T>& out) {
    T value{};
    if (!read(name, value)) return false;
    out = value;
    return true;
  }

  /// Notes the first fault; always answers false.
  bool wrong(std::string_view name, std::string_view expected) {
    return fail(Errc::kInvalidValue, name, std::string(name) + " must be " + std::string(expected));
  }
  bool unsupported(std::string_view name, std::string_view why) {
    return fail(Errc::kUnsupportedParameter, name, std::string(why));
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  bool fail(Errc code, std::string_view name, std::string detail) {
    if (!error_) error_ = Error{code, std::move(detail), std::string(name)};
    return false;
  }

  const boost::json::object& object_;
  std::optional<Error> error_;
};

}  // namespace octavo
