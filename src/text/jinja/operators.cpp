#include <algorithm>
#include <cmath>

#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {
namespace {

[[noreturn]] void fail_types(std::string_view op, const Value& left, const Value& right) {
  for (const Value* value : {&left, &right}) {
    need_defined(*value);
  }
  fail("'" + std::string(op) + "' does not work on '" + std::string(left.type_name()) + "' and '" +
       std::string(right.type_name()) + "'.");
}

Integer floor_divide(Integer a, Integer b) {
  const Integer quotient = a / b;
  return quotient * b != a && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

Integer power(Integer base, Integer exponent) {
  Integer result = 1;
  // More rounds than that either overflow or change nothing.
  if (base == 0 || base == 1) return exponent == 0 ? 1 : base;
  if (base == -1) return exponent % 2 == 0 ? 1 : -1;
  for (Integer i = 0; i < exponent; ++i) {
    if (__builtin_mul_overflow(result, base, &result)) fail("A number is too large.");
  }
  return result;
}

double float_power(double base, double exponent) {
  if (base == 0.0 && exponent < 0) fail("Zero has no negative power.");
  const bool is_whole = !std::isfinite(exponent) || exponent == std::floor(exponent);
  if (base < 0 && std::isfinite(base) && !is_whole) {
    fail("A fractional power of a negative number is complex, which templates here cannot hold.");
  }
  const double power = std::pow(base, exponent);
  if (std::isinf(power) && std::isfinite(base) && std::isfinite(exponent)) {
    fail("A number is too large.");
  }
  return power;
}

/// The quotient is rounded down, and the rest has the sign of the divisor.
std::pair<double, double> divide_floats(double a, double b) {
  double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest == 0.0) {
    rest = std::copysign(0.0, b);
  } else if ((b < 0) != (rest < 0)) {
    rest += b;
    quotient -= 1.0;
  }
  if (quotient == 0.0) return {std::copysign(0.0, a / b), rest};
  const double whole = std::floor(quotient);
  return {quotient - whole > 0.5 ? whole + 1.0 : whole, rest};
}

Value integer_operator(std::string_view op, Integer a, Integer b) {
  Integer result = 0;
  bool overflows = false;
  if (op == "+") {
    overflows = __builtin_add_overflow(a, b, &result);
  } else if (op == "-") {
    overflows = __builtin_sub_overflow(a, b, &result);
  } else if (op == "*") {
    overflows = __builtin_mul_overflow(a, b, &result);
  } else if (op == "**" && b >= 0) {
    result = power(a, b);
  } else if (op == "**") {
    return Value(float_power(static_cast<double>(a), static_cast<double>(b)));
  } else if (b == 0) {
    fail("Division by zero.");
  } else if (op == "/") {
    return Value(static_cast<double>(a) / static_cast<double>(b));
  } else if (b == -1) {
    // Spares the one quotient that overflows.
    if (op == "//") overflows = __builtin_sub_overflow(Integer{0}, a, &result);
  } else {
    result = op == "//" ? floor_divide(a, b) : a - floor_divide(a, b) * b;
  }
  if (overflows) fail("A number is too large.");
  return Value(result);
}

Value float_operator(std::string_view op, double a, double b) {
  if (op == "+") return Value(a + b);
  if (op == "-") return Value(a - b);
  if (op == "*") return Value(a * b);
  if (op == "**") return Value(float_power(a, b));
  if (b == 0.0) fail("Division by zero.");
  if (op == "/") return Value(a / b);
  const auto [quotient, rest] = divide_floats(a, b);
  return Value(op == "//" ? quotient : rest);
}

Value repeat(Interpreter& interpreter, const Value& value, std::int64_t count) {
  count = std::max<std::int64_t>(count, 0);
  if (value.is_text()) {
    Text out;
    if (value.as_text().empty()) return value;
    for (std::int64_t i = 0; i < count; ++i) {
      interpreter.charge(1);
      out.append(value.as_text());
    }
    return as_safe_as(value, std::move(out));
  }
  List list{{}, value.as_list().is_tuple, {}};
  const auto& items = value.as_list().items;
  if (items.empty()) return Value(std::move(list));
  for (std::int64_t i = 0; i < count; ++i) {
    interpreter.charge(static_cast<std::int64_t>(items.size()));
    list.items.insert(list.items.end(), items.begin(), items.end());
  }
  return Value(std::move(list));
}

}  // namespace

Value apply_operator(Interpreter& interpreter, std::string_view op, const Value& left,
                     const Value& right) {
  if (left.is_number() && right.is_number()) {
    if (left.is_float() || right.is_float()) {
      return float_operator(op, left.as_float(), right.as_float());
    }
    return integer_operator(op, left.as_integer(), right.as_integer());
  }
  if (op == "+" && left.is_text() && right.is_text()) {
    const bool is_safe = left.is_safe() || right.is_safe();
    const Quoting quoting = is_safe ? Quoting::kHtml : Quoting::kNone;
    Text out = shown(left, quoting);
    out.append(shown(right, quoting));
    return as_safe_as(left.is_safe() ? left : right, std::move(out));
  }
  if (op == "+" && left.is_list() && right.is_list() &&
      left.as_list().is_tuple == right.as_list().is_tuple) {
    List list{left.as_list().items, left.as_list().is_tuple, {}};
    const auto& more = right.as_list().items;
    list.items.insert(list.items.end(), more.begin(), more.end());
    interpreter.charge(static_cast<std::int64_t>(list.items.size()));
    return Value(std::move(list));
  }
  if (op == "%" && left.is_text()) {
    const Quoting quoting = left.is_safe() ? Quoting::kHtml : Quoting::kNone;
    return as_safe_as(left, format_percent(left.as_text(), right, quoting));
  }
  if (op == "*") {
    const bool on_left = left.is_text() || left.is_list();
    const bool on_right = right.is_text() || right.is_list();
    if (on_left && (right.is_int() || right.is_bool())) {
      return repeat(interpreter, left, right.as_int());
    }
    if (on_right && (left.is_int() || left.is_bool())) {
      return repeat(interpreter, right, left.as_int());
    }
  }
  fail_types(op, left, right);
}

Value negated(Interpreter& interpreter, const Value& value) {
  if (value.is_float()) return Value(-value.as_float());
  return apply_operator(interpreter, "-", Value(std::int64_t{0}), value);
}

}  // namespace octavo::jinja
