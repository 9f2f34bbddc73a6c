#include "src/text/jinja/constants.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace octavo::jinja {

namespace {

/// Whether no variable and no call takes part, and no filter that is given the variables.
bool is_constant(const Expr& expr) {
  constexpr std::array<std::string_view, 6> kWithContext{"map",        "select",     "reject",
                                                         "selectattr", "rejectattr", "random"};
  if (expr.kind == ExprKind::kName || expr.kind == ExprKind::kCall) return false;
  const bool is_filter = expr.kind == ExprKind::kFilter;
  if (is_filter && std::ranges::find(kWithContext, expr.name) != kWithContext.end()) return false;
  return std::ranges::all_of(
             expr.parts,
             [](const ExprPtr& part) { return part == nullptr || is_constant(*part); }) &&
         std::ranges::all_of(expr.arguments,
                             [](const Argument& argument) { return is_constant(*argument.value); });
}

void forgive(Expr& expr) {
  expr.forgives = true;
  for (const ExprPtr& part : expr.parts) {
    if (part) forgive(*part);
  }
  for (const Argument& argument : expr.arguments) forgive(*argument.value);
}

}  // namespace

void forgive_constants(Expr& expr, bool is_written) {
  const bool is_whole = is_constant(expr);
  if (is_whole) {
    forgive(expr);
    expr.forgives = is_written;
    return;
  }
  for (const ExprPtr& part : expr.parts) {
    if (part) forgive_constants(*part, false);
  }
  for (const Argument& argument : expr.arguments) forgive_constants(*argument.value, false);
}

}  // namespace octavo::jinja
