#include "src/text/jinja/interpreter.hpp"

#include <algorithm>

#include "src/text/jinja/builtins.hpp"

namespace octavo::jinja {
namespace {

constexpr std::int64_t kBytesPerStep = 64;

std::string undefined_message(const Value& value) {
  return "'" + value.as_undefined().name + "' is undefined.";
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
  if (value.is_list()) charge(static_cast<std::int64_t>(value.as_list().items.size()));
  if (value.is_dict()) charge(static_cast<std::int64_t>(value.as_dict().items().size()));
  return value;
}

Value Interpreter::make_namespace(Dict attributes) {
  auto ns = std::make_shared<Namespace>(Namespace{std::move(attributes)});
  namespaces_.push_back(ns);
  return Value(std::move(ns));
}

Text Interpreter::render(const Body& body,
                         const std::vector<std::pair<std::string, Value>>& globals) {
  const auto root = std::make_shared<Scope>();
  for (const auto& [name, value] : globals) root->names.insert_or_assign(name, value);
  Text out;
  run(body, root, out);
  return out;
}

Value Interpreter::call(const Value& callable, const Args& args) {
  if (callable.is_undefined()) fail(undefined_message(callable));
  if (!callable.is_callable()) {
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
      return apply_operator(*this, "-", Value(std::int64_t{0}), part(0));
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
    charge(std::max(left.extent().weight, right.extent().weight) - 1);
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
  if (object.is_undefined()) fail(undefined_message(object));
  if (expr.parts[1]->kind == ExprKind::kSlice) return eval_slice(object, *expr.parts[1], scope);
  return charged(get_item(object, eval(*expr.parts[1], scope)));
}

Value Interpreter::eval_slice(const Value& object, const Expr& slice, const ScopePtr& scope) {
  const auto bound = [&](std::size_t i) -> std::optional<std::int64_t> {
    if (!slice.parts[i]) return {};
    const Value value = eval(*slice.parts[i], scope);
    if (value.is_none()) return {};
    if (!value.is_int() && !value.is_bool()) fail("The bounds of a slice must be integers.");
    return value.as_int();
  };
  if (!object.is_text() && !object.is_list()) {
    fail("A value of type '" + std::string(object.type_name()) + "' cannot be sliced.");
  }
  std::vector<std::size_t> offsets;
  if (object.is_text()) offsets = object.as_text().character_offsets();
  const auto length = static_cast<std::int64_t>(object.is_text() ? offsets.size() - 1
                                                                 : object.as_list().items.size());
  charge(length / kBytesPerStep);
  const std::int64_t step = bound(2).value_or(1);
  if (step == 0) fail("The step of a slice must not be zero.");
  const std::int64_t lowest = step > 0 ? 0 : -1;
  const std::int64_t highest = step > 0 ? length : length - 1;
  const auto place = [&](std::optional<std::int64_t> at, std::int64_t otherwise) {
    if (!at) return otherwise;
    return std::clamp(*at < 0 ? *at + length : *at, lowest, highest);
  };
  const std::int64_t start = place(bound(0), step > 0 ? lowest : highest);
  const std::int64_t stop = place(bound(1), step > 0 ? highest : lowest);
  if (object.is_text() && step == 1) {
    if (start >= stop) return Value(Text());
    return charged(Value(object.as_text().part(offsets[static_cast<std::size_t>(start)],
                                               offsets[static_cast<std::size_t>(stop)])));
  }
  Text text;
  std::vector<Value> items;
  const bool forward = step > 0;
  // Steps beyond the length end after the first element; clamping keeps the sum in range.
  const std::int64_t stride = std::clamp(step, -length - 1, length + 1);
  for (std::int64_t i = start; forward ? i < stop : i > stop; i += stride) {
    const auto at = static_cast<std::size_t>(i);
    if (object.is_text()) {
      text.append(object.as_text().part(offsets[at], offsets[at + 1]));
    } else {
      items.push_back(object.as_list().items[at]);
    }
  }
  if (object.is_text()) return charged(Value(std::move(text)));
  return charged(Value(List{std::move(items), object.as_list().is_tuple, {}}));
}

Args Interpreter::eval_arguments(const std::vector<Argument>& arguments, const ScopePtr& scope) {
  Args args;
  for (const Argument& argument : arguments) {
    Value value = eval(*argument.value, scope);
    if (argument.name.empty()) {
      args.positional.push_back(std::move(value));
    } else if (argument.name == "*") {
      for (Value& item : items_of(value)) args.positional.push_back(std::move(item));
    } else if (argument.name == "**") {
      if (!value.is_dict()) fail("'**' needs a dictionary.");
      for (const auto& [key, item] : value.as_dict().items()) {
        args.named.emplace_back(need_text(key, "A keyword").bytes(), item);
      }
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
