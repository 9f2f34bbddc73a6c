#include "src/text/jinja/constants.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace octavo::jinja {

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

}  // namespace octavo::jinja
