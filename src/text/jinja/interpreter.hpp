// Runs a template in a sandbox: nothing but its own values can be reached, and steps, memory and
// recursion are bounded.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/text/jinja/ast.hpp"
#include "src/text/jinja/value.hpp"

namespace octavo::jinja {

struct Budget {
  std::int64_t num_steps = 0;
  std::size_t output_bytes = 0;
  int max_depth = 0;  ///< Levels of expressions, blocks and macros at once.
};

/// The names of a block, over those of the blocks around it.
struct Scope {
  std::unordered_map<std::string, Value> names;
  std::shared_ptr<Scope> parent;
};

class Interpreter {
 public:
  explicit Interpreter(Budget budget) : budget_(budget) {}
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  /// What the template writes. Throws `TemplateFault`.
  Text render(const Template& tree, const std::vector<std::pair<std::string, Value>>& globals);

  Value call(const Value& callable, const Args& args);
  /// Takes steps from the budget.
  void charge(std::int64_t num_steps);
  /// Takes what the making of a text costs, and gives value back.
  Value charged(Value value);
  /// What a `for` over value gives; takes a step for each.
  std::vector<Value> items(const Value& value);
  /// A namespace that is emptied when the interpreter ends, so that it may refer to itself.
  Value make_namespace(Dict attributes);
  /// Always the same numbers, so that one request has one answer.
  std::uint64_t next_random();

 private:
  enum class Flow : std::uint8_t { kNormal, kBreak, kContinue };
  using ScopePtr = std::shared_ptr<Scope>;
  class Depth;

  /// A scope whose names in unset are undefined, whatever parent has.
  static ScopePtr make_scope(const ScopePtr& parent, const std::vector<std::string>& unset);
  Flow run(const Body& body, const ScopePtr& scope, Text& out);
  Flow run(const Stmt& stmt, const ScopePtr& scope, Text& out);
  Flow run_if(const Stmt& stmt, const ScopePtr& scope, Text& out);
  Flow run_for(const Stmt& stmt, const Value& iterable, const ScopePtr& scope, int level,
               Text& out);
  void run_call_block(const Stmt& stmt, const ScopePtr& scope, Text& out);
  Flow run_with(const Stmt& stmt, const ScopePtr& scope, Text& out);
  /// `set ns.a = ns.a + b`, and the same with `~`, without a copy of what is there; false where the
  /// statement is another.
  bool run_growing(const Stmt& stmt, const ScopePtr& scope);
  Value grown(Value value, std::string_view op, const Value& more);
  /// A block whose text is assigned or filtered.
  Flow run_buffered(const Stmt& stmt, const ScopePtr& scope, Text& out);
  std::vector<Value> loop_items(const Stmt& stmt, const Value& iterable, const ScopePtr& scope);
  Value make_loop(const Stmt& stmt, const ScopePtr& scope, int level,
                  std::shared_ptr<const std::vector<Value>> items,
                  std::shared_ptr<const std::size_t> index);
  Value make_macro(const Stmt& stmt, const ScopePtr& scope);
  Value call_macro(const Stmt& stmt, const ScopePtr& scope, const Args& args);
  /// Gives the parameters, and the special names, their values.
  void bind_parameters(const Stmt& stmt, const ScopePtr& inner, const Args& args);
  void assign(const Target& target, const Value& value, const ScopePtr& scope);
  void write(const Text& text, Text& out);

  Value eval(const Expr& expr, const ScopePtr& scope);
  Value eval_kind(const Expr& expr, const ScopePtr& scope);
  Value eval_items(const Expr& expr, const ScopePtr& scope);
  Value eval_compare(const Expr& expr, const ScopePtr& scope);
  Value eval_subscript(const Expr& expr, const ScopePtr& scope);
  /// expr: the subscript whose object is given.
  Value eval_slice(const Value& object, const Expr& expr, const ScopePtr& scope);
  Value eval_call(const Expr& expr, const ScopePtr& scope);
  Value eval_filter(const Expr& expr, const ScopePtr& scope, const Value* piped);
  Value eval_test(const Expr& expr, const ScopePtr& scope);
  Value eval_concat(const Expr& expr, const ScopePtr& scope);
  Value find_name(const std::string& name, const ScopePtr& scope) const;
  Args eval_arguments(const std::vector<Argument>& arguments, const ScopePtr& scope);

  Budget budget_;
  int depth_ = 0;
  std::uint64_t random_state_ = 1;
  std::vector<std::shared_ptr<Namespace>> namespaces_;
  std::vector<ScopePtr> captured_scopes_;
};

}  // namespace octavo::jinja
