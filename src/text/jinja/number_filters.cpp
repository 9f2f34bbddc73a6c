// The filters of numbers.
#include <array>
#include <cmath>

#include "src/text/jinja/filters.hpp"
#include "src/text/jinja/number_format.hpp"
#include "src/text/jinja/numbers.hpp"

namespace octavo::jinja {
namespace {

using Interp = Interpreter;

/// float(value), none where Python finds no number.
std::optional<double> as_real(const Value& value) {
  need_defined(value);
  if (value.is_number()) return value.as_float();
  return value.is_text() ? read_float(value.as_text()) : std::nullopt;
}

Value filter_int(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"default", "base"});
  if (input.is_number()) {
    if (input.is_float() && std::isinf(input.as_float())) fail("Infinity is no integer.");
    if (!input.is_float() || !std::isnan(input.as_float())) return Value(input.as_integer());
  }
  const Value* base = bound.get(1);
  const bool has_base = base == nullptr || base->is_int() || base->is_bool();
  if (input.is_text() && has_base) {
    const auto whole = read_integer(input.as_text(), bound.integer(1, 10));
    if (whole) return Value(*whole);
  }
  const auto real = as_real(input);
  if (real && std::isfinite(*real)) return Value(Value(*real).as_integer());
  return bound.get(0) != nullptr ? *bound.get(0) : Value(std::int64_t{0});
}

Value filter_float(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"default"});
  const auto real = as_real(input);
  if (real) return Value(*real);
  return bound.get(0) != nullptr ? *bound.get(0) : Value(0.0);
}

Value filter_round(Interp&, const Value& input, const Args& args) {
  const Bound bound(args, {"precision", "method"});
  const std::string method = bound.text(1, "common").bytes();
  if (method != "common" && method != "ceil" && method != "floor") {
    fail("The method of 'round' must be 'common', 'ceil' or 'floor'.");
  }
  need_defined(input);
  if (!input.is_number()) fail("'round' needs a number.");
  const bool has_no_precision = bound.get(0) != nullptr && bound.get(0)->is_none();
  if (method == "common" && has_no_precision) return round_to_integer(input);
  const std::int64_t precision = bound.integer(0, 0);
  if (method == "common") return round_number(input, precision);
  const double scale = std::pow(10.0, static_cast<double>(precision));
  const double scaled = input.as_float() * scale;
  if (!std::isfinite(scaled) || scale == 0.0) fail("A number is too large.");
  return Value((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale + 0.0);
}

Value filter_abs(Interp& self, const Value& input, const Args& args) {
  static_cast<void>(Bound(args, {}));
  need_defined(input);
  if (input.is_float()) return Value(std::fabs(input.as_float()));
  if (!input.is_number()) fail("'abs' needs a number.");
  return input.as_integer() < 0 ? negated(self, input) : Value(input.as_integer());
}

Value filter_filesizeformat(Interp&, const Value& input, const Args& args) {
  const bool is_binary = Bound(args, {"binary"}).flag(0, false);
  const auto bytes = as_real(input);
  if (!bytes) fail("'filesizeformat' needs a number.");
  constexpr std::array<std::string_view, 8> kUnits{"k", "M", "G", "T", "P", "E", "Z", "Y"};
  const double base = is_binary ? 1024 : 1000;
  if (*bytes == 1) return Value::text("1 Byte");
  if (*bytes < base) return Value::text(std::to_string(Value(*bytes).as_int()) + " Bytes");
  std::size_t i = 0;
  double unit = base * base;
  for (; i + 1 < kUnits.size() && *bytes >= unit; ++i) unit *= base;
  std::string name(kUnits[i]);
  if (is_binary) name = (i == 0 ? "K" : name) + "i";
  FormatSpec spec;
  spec.type = 'f';
  spec.precision = 1;
  Text out = format_number(Value(base * *bytes / unit), spec);
  out.append(" " + name + "B", true);
  return Value(std::move(out));
}

constexpr std::array<Named<FilterFunction>, 5> kFilters{{
    {"int", filter_int},
    {"float", filter_float},
    {"round", filter_round},
    {"abs", filter_abs},
    {"filesizeformat", filter_filesizeformat},
}};

}  // namespace

FilterFunction find_number_filter(std::string_view name) { return find_in(kFilters, name); }

}  // namespace octavo::jinja
