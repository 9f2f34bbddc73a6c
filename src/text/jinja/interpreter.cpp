#include "src/text/jinja/interpreter.hpp"

#include <algorithm>
#include <array>

#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {
namespace {

constexpr std::int64_t kBytesPerStep = 64;

void add_named(Args& args, const Value& key, const Value& value) {
  const Text& name = need_text(key, "A keyword");
  const auto is_same = [&](const auto& other) { return other.first == name.bytes(); };
  if (std::ranges::any_of(args.named, is_same)) {
    fail("The argument '" + name.bytes() + "' is given twice.");
  }
  args.named.emplace_back(name.bytes(), value);
  args.has_trusted_names = args.has_trusted_names && name.is_trusted();
}

/// How many values a comparison looks at.
std::int64_t cost_of_comparing(const Value& left, const Value& right, bool looks_into_right) {
  if (!looks_into_right) return cost_of_equality(left, right);
  if (right.is_dict()) return 0;
  if (right.is_text()) return static_cast<std::int64_t>(right.as_text().size()) / kBytesPerStep;
  if (left.extent().weight > 1) return right.extent().weight;
  if (right.is_list()) return static_cast<std::int64_t>(right.as_list().items.size());
  return right.is_series() ? static_cast<std::int64_t>(right.as_series().items.size()) : 0;
}

}  // namespace

class Interpreter::Depth {
 public:
  explicit Depth(Interpreter& interpreter) : interpreter_(interpreter) {
    if (interpreter.depth_ >= interpreter.budget_.max_depth)
      fail("The template recurses too deeply.");
    ++interpreter_.depth_;
  }
  ~Depth() { --interpreter_.depth_; }
  Depth(const Depth&) = delete;
  Depth& operator=(const Depth&) = delete;

 private:
  Interpreter& interpreter_;
};

Interpreter::~Interpreter() {
  // Both may hold one another in circles.
  for (const auto& ns : namespaces_) ns->attributes = {};
  for (const auto& scope : captured_scopes_) scope->names.clear();
}

void Interpreter::charge(std::int64_t num_steps) {
  budget_.num_steps -= num_steps;
  if (budget_.num_steps < 0) fail("The template runs too long.");
}

Value Interpreter::charged(Value value) {
  if (value.is_text()) charge(static_cast<std::int64_t>(value.as_text().size()) / kBytesPerStep);
  return value;
}

std::vector<Value> Interpreter::items(const Value& value) {
  std::vector<Value> all = items_of(value);
  charge(static_cast<std::int64_t>(all.size()));
  return all;
}

std::uint64_t Interpreter::next_random() {
  // The "minimal standard" generator of Park and Miller.
  random_state_ = random_state_ * 48271 % 2147483647;
  return random_state_;
}

Value Interpreter::make_namespace(Dict attributes) {
  auto ns = std::make_shared<Namespace>(Namespace{std::move(attributes)});
  namespaces_.push_back(ns);
  return Value(std::move(ns));
}

Text Interpreter::render(const Template& tree,
                         const std::vector<std::pair<std::string, Value>>& globals) {
  const auto given = std::make_shared<Scope>();
  for (const auto& [name, value] : globals) given->names.insert_or_assign(name, value);
  Text out;
  run(tree.body, make_scope(given, tree.unset), out);
  return out;
}

Value Interpreter::call(const Value& callable, const Args& args) {
  need_defined(callable);
  if (!callable.is_callable() || !callable.as_callable().call) {
    fail("A value of type '" + std::string(callable.type_name()) + "' cannot be called.");
  }
  const Depth depth(*this);
  return charged(callable.as_callable().call(*this, args));
}

Value Interpreter::find_name(const std::string& name, const ScopePtr& scope) const {
  for (const Scope* at = scope.get(); at != nullptr; at = at->parent.get()) {
    const auto it = at->names.find(name);
    if (it != at->names.end()) return it->second;
  }
  return Value(Undefined{name});
}

Value Interpreter::eval(const Expr& expr, const ScopePtr& scope) {
  const Depth depth(*this);
  charge(1);
  try {
    return eval_kind(expr, scope);
  } catch (TemplateFault& fault) {
    if (fault.line == 0) fault.line = expr.line;
    throw;
  }
}

Value Interpreter::eval_kind(const Expr& expr, const ScopePtr& scope) {
  const auto part = [&](std::size_t i) { return eval(*expr.parts[i], scope); };
  switch (expr.kind) {
    case ExprKind::kConst:
      return expr.value;
    case ExprKind::kName:
      return find_name(expr.name, scope);
    case ExprKind::kList:
    case ExprKind::kTuple:
    case ExprKind::kDict:
      return eval_items(expr, scope);
    case ExprKind::kAttribute:
      return get_attribute(part(0), expr.name);
    case ExprKind::kSubscript:
      return eval_subscript(expr, scope);
    case ExprKind::kSlice:
      fail("A slice has no meaning here.");
    case ExprKind::kCall:
      return eval_call(expr, scope);
    case ExprKind::kFilter:
      return eval_filter(expr, scope, nullptr);
    case ExprKind::kTest:
      return eval_test(expr, scope);
    case ExprKind::kNot:
      return Value(!part(0).is_true());
    case ExprKind::kNegate:
      return negated(*this, part(0));
    case ExprKind::kPlus:
      return apply_operator(*this, "+", Value(std::int64_t{0}), part(0));
    case ExprKind::kAnd: {
      Value left = part(0);
      return left.is_true() ? part(1) : left;
    }
    case ExprKind::kOr: {
      Value left = part(0);
      return left.is_true() ? left : part(1);
    }
    case ExprKind::kBinary: {
      const Value left = part(0);
      const Value right = part(1);
      return charged(apply_operator(*this, expr.name, left, right));
    }
    case ExprKind::kCompare:
      return eval_compare(expr, scope);
    case ExprKind::kConcat:
      return eval_concat(expr, scope);
    case ExprKind::kConditional:
      if (part(0).is_true()) return part(1);
      return expr.parts[2] ? part(2) : Value();
  }
  return {};
}

Value Interpreter::eval_items(const Expr& expr, const ScopePtr& scope) {
  std::vector<Value> items;
  for (const ExprPtr& part : expr.parts) items.push_back(eval(*part, scope));
  if (expr.kind == ExprKind::kTuple) return make_tuple(std::move(items));
  if (expr.kind == ExprKind::kList) return Value(std::move(items));
  Dict dict;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) dict.set(items[i], items[i + 1]);
  return Value(std::move(dict));
}

Value Interpreter::eval_compare(const Expr& expr, const ScopePtr& scope) {
  Value left = eval(*expr.parts[0], scope);
  for (std::size_t i = 0; i < expr.names.size(); ++i) {
    Value right = eval(*expr.parts[i + 1], scope);
    const std::string& op = expr.names[i];
    charge(cost_of_comparing(left, right, op == "in" || op == "not in"));
    bool holds = false;
    if (op == "==" || op == "!=") {
      holds = equals(left, right) == (op == "==");
    } else if (op == "in" || op == "not in") {
      holds = contains(right, left) == (op == "in");
    } else {
      const int order = compare(left, right);
      holds = op == "<" ? order < 0 : op == "<=" ? order <= 0 : op == ">" ? order > 0 : order >= 0;
    }
    if (!holds) return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

Value Interpreter::eval_concat(const Expr& expr, const ScopePtr& scope) {
  Text out;
  for (const ExprPtr& part : expr.parts) out.append(to_text(eval(*part, scope)));
  return charged(Value(std::move(out)));
}

Value Interpreter::eval_subscript(const Expr& expr, const ScopePtr& scope) {
  const Value object = eval(*expr.parts[0], scope);
  need_defined(object);
  if (expr.parts[1]->kind == ExprKind::kSlice) return eval_slice(object, expr, scope);
  return get_item(object, eval(*expr.parts[1], scope));
}

Value Interpreter::eval_slice(const Value& object, const Expr& expr, const ScopePtr& scope) {
  const Expr& slice = *expr.parts[1];
  SliceBounds bounds;
  bool has_integers = true;
  const std::array<std::optional<std::int64_t>*, 3> all{&bounds.start, &bounds.stop, &bounds.step};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!slice.parts[i]) continue;
    const Value value = eval(*slice.parts[i], scope);
    if (value.is_int() || value.is_bool()) {
      *all[i] = value.as_int();
    } else {
      has_integers = has_integers && value.is_none();
    }
  }
  const bool is_range = object.is_series() && object.as_series().kind == SeriesKind::kRange;
  const bool is_sequence = object.is_text() || object.is_list() || is_range;
  if (is_sequence && bounds.step == 0) fail("The step of a slice must not be zero.");
  if (has_integers && is_sequence) return charged(sliced(*this, object, bounds));
  if (expr.forgives) return Value(Undefined{"slice"});
  if (!has_integers) fail("The bounds of a slice must be integers.");
  fail("A value of type '" + std::string(object.type_name()) + "' cannot be sliced.");
}

Args Interpreter::eval_arguments(const std::vector<Argument>& arguments, const ScopePtr& scope) {
  Args args;
  for (const Argument& argument : arguments) {
    Value value = eval(*argument.value, scope);
    if (argument.name.empty()) {
      args.positional.push_back(std::move(value));
    } else if (argument.name == "*") {
      for (Value& item : items(value)) args.positional.push_back(std::move(item));
    } else if (argument.name == "**") {
      if (!value.is_dict()) fail("'**' needs a dictionary.");
      for (const auto& [key, item] : value.as_dict().items()) add_named(args, key, item);
    } else {
      args.named.emplace_back(argument.name, std::move(value));
    }
  }
  return args;
}

Value Interpreter::eval_call(const Expr& expr, const ScopePtr& scope) {
  const Value callable = eval(*expr.parts[0], scope);
  return call(callable, eval_arguments(expr.arguments, scope));
}

Value Interpreter::eval_filter(const Expr& expr, const ScopePtr& scope, const Value* piped) {
  const FilterFunction filter = find_filter(expr.name);
  if (filter == nullptr) fail("The filter '" + expr.name + "' is not known.");
  const Expr* input_expr = expr.parts.empty() ? nullptr : expr.parts[0].get();
  Value input;
  if (input_expr == nullptr) {
    if (piped != nullptr) input = *piped;
  } else if (piped != nullptr && input_expr->kind == ExprKind::kFilter) {
    input = eval_filter(*input_expr, scope, piped);
  } else {
    input = eval(*input_expr, scope);
  }
  static_cast<void>(charged(input));
  return charged(filter(*this, input, eval_arguments(expr.arguments, scope)));
}

Value Interpreter::eval_test(const Expr& expr, const ScopePtr& scope) {
  const TestFunction test = find_test(expr.name);
  if (test == nullptr) fail("The test '" + expr.name + "' is not known.");
  const Value subject = eval(*expr.parts[0], scope);
  return Value(test(*this, subject, eval_arguments(expr.arguments, scope)));
}

}  // namespace octavo::jinja
