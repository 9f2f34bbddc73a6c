// A template gathers its messages in a namespace, a piece in each turn of a loop. A copy of what is
// there in each turn would cost as much as the square of the messages.
#include <algorithm>

#include "src/text/jinja/builtins.hpp"
#include "src/text/jinja/interpreter.hpp"

namespace octavo::jinja {
namespace {

bool is_sum(const Expr& expr) {
  return expr.kind == ExprKind::kConcat || (expr.kind == ExprKind::kBinary && expr.name == "+");
}

/// The sums from the innermost on whose first part is what the statement assigns to.
std::vector<const Expr*> sums_of(const Stmt& stmt) {
  std::vector<const Expr*> sums;
  const Expr* at = stmt.expr.get();
  for (; is_sum(*at); at = at->parts[0].get()) sums.push_back(at);
  const bool is_target = at->kind == ExprKind::kAttribute && at->name == stmt.target.attribute &&
                         at->parts[0]->kind == ExprKind::kName &&
                         at->parts[0]->name == stmt.target.name;
  if (!is_target) return {};
  std::ranges::reverse(sums);
  return sums;
}

}  // namespace

Value Interpreter::grown(Value value, std::string_view op, const Value& more) {
  const bool is_joined = op == "~";
  const Value addend = is_joined ? Value(to_text(more)) : more;
  if (is_joined && (!value.is_text() || value.is_safe())) value = Value(to_text(value));
  if (!value.grow(addend)) return charged(apply_operator(*this, "+", value, addend));
  charge(addend.is_list() ? static_cast<std::int64_t>(addend.as_list().items.size()) : 0);
  static_cast<void>(charged(addend));
  return value;
}

bool Interpreter::run_growing(const Stmt& stmt, const ScopePtr& scope) {
  if (stmt.target.attribute.empty()) return false;
  const std::vector<const Expr*> sums = sums_of(stmt);
  const Value object = sums.empty() ? Value() : find_name(stmt.target.name, scope);
  if (!object.is_namespace()) return false;
  // All that is added comes first, because it may look at what is there, or change it.
  Value before = get_attribute(object, stmt.target.attribute);
  std::vector<std::pair<std::string_view, Value>> parts;
  for (const Expr* sum : sums) {
    charge(1);
    for (std::size_t i = 1; i < sum->parts.size(); ++i) {
      const bool is_joined = sum->kind == ExprKind::kConcat;
      parts.emplace_back(is_joined ? "~" : "+", eval(*sum->parts[i], scope));
    }
  }
  Dict& attributes = object.as_namespace().attributes;
  // The namespace lets go of it, so that it may grow where it is.
  attributes.release(stmt.target.attribute);
  for (const auto& [op, more] : parts) before = grown(std::move(before), op, more);
  attributes.set(stmt.target.attribute, std::move(before));
  return true;
}

}  // namespace octavo::jinja
