// Turns the tokens of a template into its tree. Grammar: Jinja 3.1, the statements that chat
// templates use.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "src/text/jinja/ast.hpp"
#include "src/text/jinja/lexer.hpp"
#include "src/text/jinja/name_uses.hpp"

namespace octavo::jinja {

class Parser {
 public:
  /// The tree of a template. source: valid UTF-8. Throws `TemplateFault`, also where a filter, a
  /// test or a function is not known.
  static Template parse(std::string_view source);

 private:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& current() const { return tokens_[at_]; }
  const Token& ahead() const;
  Token next();
  bool is_operator(std::string_view text) const;
  bool is_name(std::string_view text) const;
  bool take_operator(std::string_view text);
  bool take_name(std::string_view text);
  void expect_operator(std::string_view text);
  void expect_name(std::string_view text);
  std::string expect_any_name();
  [[noreturn]] void fail_here(std::string_view wanted) const;

  Body parse_body(const std::vector<std::string_view>& ends);
  Stmt parse_statement();
  Stmt parse_if();
  Stmt parse_for();
  Stmt parse_set();
  Stmt parse_macro();
  Stmt parse_call_block();
  Stmt parse_filter_block();
  Stmt parse_with();
  Stmt parse_block();
  Stmt parse_generation();
  Stmt parse_loop_control(bool is_break);
  /// The body of a macro or call block, and which of the special names it reads.
  void parse_macro_body(Stmt& stmt, std::string_view end);
  std::vector<Parameter> parse_parameters();
  Target parse_target(bool allows_attribute);
  Target parse_single_target(bool allows_attribute);
  /// A name that may be assigned to.
  std::string parse_assigned_name();
  void end_block();

  ExprPtr parse_expression();
  ExprPtr parse_expression_or_tuple();
  /// The same up to the end of a tag, where `if` and `else` mean something else.
  ExprPtr parse_unconditional();
  ExprPtr parse_conditional(bool allows_conditional);
  ExprPtr parse_or();
  ExprPtr parse_and();
  ExprPtr parse_not();
  ExprPtr parse_compare();
  ExprPtr parse_sum();
  ExprPtr parse_concat();
  ExprPtr parse_product();
  ExprPtr parse_unary(bool with_filters);
  ExprPtr parse_power();
  ExprPtr parse_primary();
  ExprPtr parse_number(const Token& token);
  ExprPtr parse_parentheses();
  ExprPtr parse_list();
  ExprPtr parse_dict();
  ExprPtr parse_postfix(ExprPtr expr);
  ExprPtr parse_subscript(ExprPtr object);
  ExprPtr parse_filters(ExprPtr expr);
  ExprPtr parse_filter_name(ExprPtr input);
  ExprPtr parse_test(ExprPtr subject);
  ExprPtr parse_subscript_part();
  std::vector<Argument> parse_arguments();
  std::string parse_dotted_name();
  void check_filter(const Expr& filter) const;
  void check_test_name(const std::string& name, int line) const;

  ExprPtr make(ExprKind kind, std::vector<ExprPtr> parts = {}, std::string name = {});
  /// Adds to expr's depth what its parts and arguments have; fails when the tree is too deep.
  ExprPtr finish(ExprPtr expr) const;

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int num_loops_ = 0;  ///< Around this place, within one macro.
  std::set<std::string> blocks_;
  NameUses names_;
};

}  // namespace octavo::jinja
