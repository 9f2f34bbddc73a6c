#include <algorithm>

#include "src/text/jinja/builtins.hpp"
#include "src/text/jinja/interpreter.hpp"

namespace octavo::jinja {
namespace {

std::shared_ptr<Scope> make_scope(const std::shared_ptr<Scope>& parent) {
  auto scope = std::make_shared<Scope>();
  scope->parent = parent;
  return scope;
}

Value integer(std::size_t value) { return Value(static_cast<std::int64_t>(value)); }

/// An attribute of `loop`; undefined when it has none of that name.
Value loop_attribute(const std::vector<Value>& items, std::size_t index, int level,
                     std::string_view name) {
  const std::size_t length = items.size();
  if (name == "index") return integer(index + 1);
  if (name == "index0") return integer(index);
  if (name == "first") return Value(index == 0);
  if (name == "last") return Value(index + 1 == length);
  if (name == "length") return integer(length);
  if (name == "revindex") return integer(length - index);
  if (name == "revindex0") return integer(length - index - 1);
  if (name == "depth") return Value(std::int64_t{level} + 1);
  if (name == "depth0") return Value(std::int64_t{level});
  if (name == "previtem") return index > 0 ? items[index - 1] : Value(Undefined{"previtem"});
  if (name == "nextitem") {
    return index + 1 < length ? items[index + 1] : Value(Undefined{"nextitem"});
  }
  if (name == "cycle") {
    return make_callable([index](Interpreter&, const Args& args) {
      if (args.positional.empty()) fail("'cycle' needs at least one value.");
      return args.positional[index % args.positional.size()];
    });
  }
  return Value(Undefined{std::string(name)});
}

}  // namespace

void Interpreter::write(const Text& text, Text& out) {
  charge(1 + static_cast<std::int64_t>(text.size()) / 64);
  if (out.size() + text.size() > budget_.output_bytes) fail("The template writes too much.");
  out.append(text);
}

Interpreter::Flow Interpreter::run(const Body& body, const ScopePtr& scope, Text& out) {
  for (const Stmt& stmt : body) {
    const Flow flow = run(stmt, scope, out);
    if (flow != Flow::kNormal) return flow;
  }
  return Flow::kNormal;
}

Interpreter::Flow Interpreter::run(const Stmt& stmt, const ScopePtr& scope, Text& out) try {
  charge(1);
  switch (stmt.kind) {
    case StmtKind::kData:
      write(stmt.data, out);
      break;
    case StmtKind::kOutput:
      write(to_text(eval(*stmt.expr, scope)), out);
      break;
    case StmtKind::kIf:
      return run_if(stmt, scope, out);
    case StmtKind::kFor:
      run_for(stmt, eval(*stmt.expr, scope), scope, 0, out);
      break;
    case StmtKind::kSet:
      assign(stmt.target, eval(*stmt.expr, scope), scope);
      break;
    case StmtKind::kSetBlock:
      assign(stmt.target, run_set_block(stmt, scope), scope);
      break;
    case StmtKind::kFilterBlock:
      write(to_text(run_set_block(stmt, scope)), out);
      break;
    case StmtKind::kMacro:
      scope->names.insert_or_assign(stmt.name, make_macro(stmt, scope));
      break;
    case StmtKind::kCallBlock:
      run_call_block(stmt, scope, out);
      break;
    case StmtKind::kWith:
      run_with(stmt, scope, out);
      break;
    case StmtKind::kScope:
      return run(stmt.body, scope, out);
    case StmtKind::kBreak:
      return Flow::kBreak;
    case StmtKind::kContinue:
      return Flow::kContinue;
  }
  return Flow::kNormal;
} catch (TemplateFault& fault) {
  if (fault.line == 0) fault.line = stmt.line;
  throw;
}

Interpreter::Flow Interpreter::run_if(const Stmt& stmt, const ScopePtr& scope, Text& out) {
  return run(eval(*stmt.expr, scope).is_true() ? stmt.body : stmt.otherwise, scope, out);
}

std::vector<Value> Interpreter::loop_items(const Stmt& stmt, const Value& iterable,
                                           const ScopePtr& scope) {
  std::vector<Value> items = items_of(iterable);
  charge(static_cast<std::int64_t>(items.size()));
  if (!stmt.filter) return items;
  const ScopePtr inner = make_scope(scope);
  std::erase_if(items, [&](const Value& item) {
    assign(stmt.target, item, inner);
    return !eval(*stmt.filter, inner).is_true();
  });
  return items;
}

Value Interpreter::make_loop(const Stmt& stmt, const ScopePtr& scope, int level,
                             std::shared_ptr<const std::vector<Value>> items,
                             std::shared_ptr<const std::size_t> index) {
  Callable loop;
  loop.extent = Value(*items).extent();
  loop.call = [&stmt, scope, level](Interpreter& self, const Args& args) {
    if (!stmt.is_recursive) fail("The loop is not recursive.");
    Text out;
    self.run_for(stmt, Bound(args, {"iterable"}).need(0), scope, level + 1, out);
    return Value(std::move(out));
  };
  const auto last = std::make_shared<std::optional<Value>>();
  loop.attribute = [items, index, level, last](std::string_view name) {
    if (name != "changed") return loop_attribute(*items, *index, level, name);
    return make_callable([last](Interpreter&, const Args& args) {
      Value now = make_tuple(args.positional);
      const bool changed = !*last || !equals(**last, now);
      *last = std::move(now);
      return Value(changed);
    });
  };
  return Value(std::make_shared<const Callable>(std::move(loop)));
}

void Interpreter::run_for(const Stmt& stmt, const Value& iterable, const ScopePtr& scope, int level,
                          Text& out) {
  const auto items = std::make_shared<const std::vector<Value>>(loop_items(stmt, iterable, scope));
  if (items->empty()) {
    run(stmt.otherwise, make_scope(scope), out);
    return;
  }
  const auto index = std::make_shared<std::size_t>(0);
  const Value loop = make_loop(stmt, scope, level, items, index);
  for (; *index < items->size(); ++*index) {
    const ScopePtr inner = make_scope(scope);
    inner->names.emplace("loop", loop);
    assign(stmt.target, (*items)[*index], inner);
    if (run(stmt.body, inner, out) == Flow::kBreak) break;
  }
}

Value Interpreter::run_set_block(const Stmt& stmt, const ScopePtr& scope) {
  Text text;
  run(stmt.body, make_scope(scope), text);
  Value value = charged(Value(std::move(text)));
  return stmt.expr ? eval_filter(*stmt.expr, scope, &value) : value;
}

void Interpreter::run_call_block(const Stmt& stmt, const ScopePtr& scope, Text& out) {
  const Value callable = eval(*stmt.expr->parts[0], scope);
  Args args = eval_arguments(stmt.expr->arguments, scope);
  args.named.emplace_back("caller", make_macro(stmt, scope));
  write(to_text(call(callable, args)), out);
}

void Interpreter::run_with(const Stmt& stmt, const ScopePtr& scope, Text& out) {
  const ScopePtr inner = make_scope(scope);
  for (const auto& [target, expr] : stmt.assignments) assign(target, eval(*expr, scope), inner);
  run(stmt.body, inner, out);
}

Value Interpreter::make_macro(const Stmt& stmt, const ScopePtr& scope) {
  captured_scopes_.push_back(scope);
  Callable macro;
  // The interpreter outlives the macro's scopes: it empties them when it ends.
  macro.call = [&stmt, weak = std::weak_ptr<Scope>(scope)](Interpreter& self, const Args& args) {
    const ScopePtr definition = weak.lock();
    return self.call_macro(stmt, definition, args);
  };
  macro.attribute = [&stmt](std::string_view name) {
    return name == "name" ? Value::text(stmt.name) : Value(Undefined{std::string(name)});
  };
  return Value(std::make_shared<const Callable>(std::move(macro)));
}

Value Interpreter::call_macro(const Stmt& stmt, const ScopePtr& scope, const Args& args) {
  const ScopePtr inner = make_scope(scope);
  const auto find_named = [&](const std::string& name) -> const Value* {
    const auto it = std::ranges::find(args.named, name, &std::pair<std::string, Value>::first);
    return it == args.named.end() ? nullptr : &it->second;
  };
  if (args.positional.size() > stmt.parameters.size()) {
    fail("The macro '" + stmt.name + "' takes " + std::to_string(stmt.parameters.size()) +
         " arguments.");
  }
  for (std::size_t i = 0; i < stmt.parameters.size(); ++i) {
    const Parameter& parameter = stmt.parameters[i];
    const Value* named = find_named(parameter.name);
    Value value(Undefined{parameter.name});
    if (i < args.positional.size()) {
      value = args.positional[i];
    } else if (named != nullptr) {
      value = *named;
    } else if (parameter.otherwise) {
      value = eval(*parameter.otherwise, inner);
    }
    inner->names.insert_or_assign(parameter.name, std::move(value));
  }
  for (const auto& [name, value] : args.named) {
    const bool is_parameter =
        std::ranges::find(stmt.parameters, name, &Parameter::name) != stmt.parameters.end();
    if (name == "caller") inner->names.insert_or_assign(name, value);
    if (!is_parameter && name != "caller") {
      fail("The macro '" + stmt.name + "' has no argument '" + name + "'.");
    }
  }
  Text text;
  run(stmt.body, inner, text);
  return Value(std::move(text));
}

void Interpreter::assign(const Target& target, const Value& value, const ScopePtr& scope) {
  if (!target.parts.empty()) {
    const std::vector<Value> items = items_of(value);
    if (items.size() != target.parts.size()) {
      fail("Cannot unpack " + std::to_string(items.size()) + " values into " +
           std::to_string(target.parts.size()) + " names.");
    }
    for (std::size_t i = 0; i < items.size(); ++i) assign(target.parts[i], items[i], scope);
    return;
  }
  if (target.attribute.empty()) {
    scope->names.insert_or_assign(target.name, value);
    return;
  }
  const Value object = find_name(target.name, scope);
  if (!object.is_namespace()) fail("Only attributes of a namespace can be set.");
  object.as_namespace().attributes.set(target.attribute, value);
}

}  // namespace octavo::jinja
