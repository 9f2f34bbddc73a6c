#include <algorithm>

#include "src/text/jinja/builtins.hpp"
#include "src/text/jinja/interpreter.hpp"

namespace octavo::jinja {
namespace {

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

Value macro_attribute(const Stmt& stmt, std::string_view name) {
  if (name == "name") return stmt.name.empty() ? Value(nullptr) : Value::text(stmt.name);
  if (name == "caller") return Value(stmt.takes_caller);
  if (name == "catch_kwargs") return Value(stmt.takes_kwargs);
  if (name == "catch_varargs") return Value(stmt.takes_varargs);
  const bool has_caller =
      std::ranges::find(stmt.parameters, "caller", &Parameter::name) != stmt.parameters.end();
  if (name == "explicit_caller") return Value(has_caller);
  if (name != "arguments") return Value(Undefined{std::string(name)});
  std::vector<Value> names;
  for (const Parameter& parameter : stmt.parameters) names.push_back(Value::text(parameter.name));
  return make_tuple(std::move(names));
}

}  // namespace

Interpreter::ScopePtr Interpreter::make_scope(const ScopePtr& parent,
                                              const std::vector<std::string>& unset) {
  auto scope = std::make_shared<Scope>();
  scope->parent = parent;
  for (const std::string& name : unset) scope->names.emplace(name, Value(Undefined{name}));
  return scope;
}

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
      return run_for(stmt, eval(*stmt.expr, scope), scope, 0, out);
    case StmtKind::kSet:
      if (!run_growing(stmt, scope)) assign(stmt.target, eval(*stmt.expr, scope), scope);
      break;
    case StmtKind::kSetBlock:
    case StmtKind::kFilterBlock:
      return run_buffered(stmt, scope, out);
    case StmtKind::kMacro:
      scope->names.insert_or_assign(stmt.name, make_macro(stmt, scope));
      break;
    case StmtKind::kCallBlock:
      run_call_block(stmt, scope, out);
      break;
    case StmtKind::kWith:
      return run_with(stmt, scope, out);
    case StmtKind::kScope:
      return run(stmt.body, make_scope(scope, stmt.unset), out);
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
  std::vector<Value> items = this->items(iterable);
  if (!stmt.filter) return items;
  const ScopePtr inner = make_scope(scope, {});
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
    return make_callable([last](Interpreter& self, const Args& args) {
      Value now = make_tuple(args.positional);
      const auto& items = now.as_list().items;
      const bool has_length = *last && (*last)->as_list().items.size() == items.size();
      for (std::size_t i = 0; has_length && i < items.size(); ++i) {
        self.charge(cost_of_equality((*last)->as_list().items[i], items[i]));
      }
      const bool changed = !*last || !equals(**last, now);
      *last = std::move(now);
      return Value(changed);
    });
  };
  loop.changing_spelling = [items, index] {
    return "<LoopContext " + std::to_string(*index + 1) + "/" + std::to_string(items->size()) + ">";
  };
  return Value(std::make_shared<const Callable>(std::move(loop)));
}

Interpreter::Flow Interpreter::run_for(const Stmt& stmt, const Value& iterable,
                                       const ScopePtr& scope, int level, Text& out) {
  const auto items = std::make_shared<const std::vector<Value>>(loop_items(stmt, iterable, scope));
  const auto index = std::make_shared<std::size_t>(0);
  bool has_completed = false;
  if (!items->empty()) {
    const Value loop = make_loop(stmt, scope, level, items, index);
    for (; *index < items->size(); ++*index) {
      const ScopePtr inner = make_scope(scope, stmt.unset);
      inner->names.emplace("loop", loop);
      assign(stmt.target, (*items)[*index], inner);
      const Flow flow = run(stmt.body, inner, out);
      has_completed = has_completed || flow == Flow::kNormal;
      if (flow == Flow::kBreak) break;
    }
  }
  // As in Jinja, a turn that was left by `break` or `continue` is none.
  return has_completed ? Flow::kNormal
                       : run(stmt.otherwise, make_scope(scope, stmt.unset_otherwise), out);
}

Interpreter::Flow Interpreter::run_buffered(const Stmt& stmt, const ScopePtr& scope, Text& out) {
  Text text;
  const Flow flow = run(stmt.body, make_scope(scope, stmt.unset), text);
  // Who leaves the block leaves what it has written so far.
  if (flow != Flow::kNormal) return flow;
  Value value = charged(Value(std::move(text)));
  if (stmt.expr) value = eval_filter(*stmt.expr, scope, &value);
  if (stmt.kind == StmtKind::kFilterBlock) {
    if (!value.is_text()) fail("The filter of a block must give a text.");
    write(value.as_text(), out);
  } else {
    assign(stmt.target, value, scope);
  }
  return flow;
}

void Interpreter::run_call_block(const Stmt& stmt, const ScopePtr& scope, Text& out) {
  const Value callable = eval(*stmt.expr->parts[0], scope);
  Args args = eval_arguments(stmt.expr->arguments, scope);
  const auto is_caller = [](const auto& named) { return named.first == "caller"; };
  if (std::ranges::any_of(args.named, is_caller)) fail("'caller' is what the call block gives.");
  // After what is given by name and before what `**` gives.
  const auto num_named = std::ranges::count_if(stmt.expr->arguments, [](const Argument& argument) {
    return !argument.name.empty() && !argument.name.starts_with('*');
  });
  args.named.insert(args.named.begin() + num_named, {"caller", make_macro(stmt, scope)});
  write(to_text(call(callable, args)), out);
}

Interpreter::Flow Interpreter::run_with(const Stmt& stmt, const ScopePtr& scope, Text& out) {
  const ScopePtr inner = make_scope(scope, stmt.unset);
  for (const auto& [target, expr] : stmt.assignments) assign(target, eval(*expr, scope), inner);
  return run(stmt.body, inner, out);
}

Value Interpreter::make_macro(const Stmt& stmt, const ScopePtr& scope) {
  captured_scopes_.push_back(scope);
  Callable macro;
  // The interpreter outlives the macro's scopes: it empties them when it ends.
  macro.call = [&stmt, weak = std::weak_ptr<Scope>(scope)](Interpreter& self, const Args& args) {
    const ScopePtr definition = weak.lock();
    return self.call_macro(stmt, definition, args);
  };
  macro.attribute = [&stmt](std::string_view name) { return macro_attribute(stmt, name); };
  macro.spelling = stmt.name.empty() ? "<Macro anonymous>" : "<Macro '" + stmt.name + "'>";
  return Value(std::make_shared<const Callable>(std::move(macro)));
}

void Interpreter::bind_parameters(const Stmt& stmt, const ScopePtr& inner, const Args& args) {
  std::vector<bool> is_used(args.named.size());
  const auto take_named = [&](const std::string& name) -> const Value* {
    const auto it = std::ranges::find(args.named, name, &std::pair<std::string, Value>::first);
    if (it == args.named.end()) return nullptr;
    is_used[static_cast<std::size_t>(it - args.named.begin())] = true;
    return &it->second;
  };
  const std::size_t num_parameters = stmt.parameters.size();
  std::vector<const Parameter*> missing;
  for (std::size_t i = 0; i < num_parameters; ++i) {
    const Parameter& parameter = stmt.parameters[i];
    const Value* given =
        i < args.positional.size() ? &args.positional[i] : take_named(parameter.name);
    if (given == nullptr) missing.push_back(&parameter);
    inner->names.insert_or_assign(parameter.name,
                                  given != nullptr ? *given : Value(Undefined{parameter.name}));
  }
  // A default sees all that is given, and the defaults before it.
  for (const Parameter* parameter : missing) {
    if (parameter->otherwise) inner->names[parameter->name] = eval(*parameter->otherwise, inner);
  }
  if (stmt.takes_caller) {
    const Value* caller = take_named("caller");
    inner->names.insert_or_assign("caller",
                                  caller != nullptr ? *caller : Value(Undefined{"caller"}));
  }
  Dict rest;
  for (std::size_t i = 0; i < args.named.size(); ++i) {
    const auto& [name, value] = args.named[i];
    if (is_used[i]) continue;
    if (!stmt.takes_kwargs) fail("The macro '" + stmt.name + "' has no argument '" + name + "'.");
    rest.set(Value(Text(name, args.has_trusted_names)), value);
  }
  if (stmt.takes_kwargs) inner->names.insert_or_assign("kwargs", Value(std::move(rest)));
  const std::size_t num_taken = std::min(num_parameters, args.positional.size());
  std::vector<Value> more(args.positional.begin() + static_cast<std::ptrdiff_t>(num_taken),
                          args.positional.end());
  if (!more.empty() && !stmt.takes_varargs) {
    fail("The macro '" + stmt.name + "' takes " + std::to_string(num_parameters) + " arguments.");
  }
  if (stmt.takes_varargs) inner->names.insert_or_assign("varargs", make_tuple(std::move(more)));
}

Value Interpreter::call_macro(const Stmt& stmt, const ScopePtr& scope, const Args& args) {
  const ScopePtr inner = make_scope(scope, stmt.unset);
  bind_parameters(stmt, inner, args);
  Text text;
  run(stmt.body, inner, text);
  return Value(std::move(text));
}

void Interpreter::assign(const Target& target, const Value& value, const ScopePtr& scope) {
  if (!target.parts.empty()) {
    const std::vector<Value> items = this->items(value);
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
