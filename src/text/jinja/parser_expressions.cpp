#include <algorithm>
#include <charconv>

#include "src/text/jinja/fault.hpp"
#include "src/text/jinja/numbers.hpp"
#include "src/text/jinja/parser.hpp"

namespace octavo::jinja {
namespace {

constexpr int kMaxDepth = 150;

template <class... Parts>
std::vector<ExprPtr> parts_of(Parts... parts) {
  std::vector<ExprPtr> out;
  (out.push_back(std::move(parts)), ...);
  return out;
}

/// Counts a level of recursion of the parser for as long as it lives.
class Level {
 public:
  Level(int& depth, int line) : depth_(depth) {
    if (++depth_ > kMaxDepth) fail("The expression is nested too deeply.", line);
  }
  ~Level() { --depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  int& depth_;
};

}  // namespace

ExprPtr Parser::make(ExprKind kind, std::vector<ExprPtr> parts, std::string name) {
  auto expr = std::make_unique<Expr>();
  expr->kind = kind;
  expr->line = current().line;
  expr->name = std::move(name);
  expr->parts = std::move(parts);
  return finish(std::move(expr));
}

ExprPtr Parser::finish(ExprPtr expr) const {
  const auto count = [&](const ExprPtr& part) {
    if (part) expr->depth = std::max(expr->depth, part->depth + 1);
  };
  for (const ExprPtr& part : expr->parts) count(part);
  for (const Argument& argument : expr->arguments) count(argument.value);
  if (expr->depth > kMaxDepth) fail("The expression is nested too deeply.", expr->line);
  return expr;
}

ExprPtr Parser::parse_expression() { return parse_conditional(true); }

ExprPtr Parser::parse_expression_or_tuple() {
  ExprPtr first = parse_expression();
  if (!is_operator(",")) return first;
  auto items = parts_of(std::move(first));
  while (take_operator(",")) {
    const bool is_end = current().kind == TokenKind::kBlockEnd ||
                        current().kind == TokenKind::kOutputEnd || is_operator(")");
    if (is_end) break;
    items.push_back(parse_expression());
  }
  return make(ExprKind::kTuple, std::move(items));
}

ExprPtr Parser::parse_unconditional() {
  ExprPtr first = parse_conditional(false);
  if (!is_operator(",")) return first;
  auto items = parts_of(std::move(first));
  while (take_operator(",") && current().kind != TokenKind::kBlockEnd) {
    items.push_back(parse_conditional(false));
  }
  return make(ExprKind::kTuple, std::move(items));
}

ExprPtr Parser::parse_conditional(bool allows_conditional) {
  const Level level(depth_, current().line);
  ExprPtr expr = parse_or();
  while (allows_conditional && take_name("if")) {
    ExprPtr condition = parse_or();
    ExprPtr otherwise = take_name("else") ? parse_expression() : nullptr;
    expr = make(ExprKind::kConditional,
                parts_of(std::move(condition), std::move(expr), std::move(otherwise)));
  }
  return expr;
}

ExprPtr Parser::parse_or() {
  ExprPtr left = parse_and();
  while (take_name("or")) {
    ExprPtr right = parse_and();
    left = make(ExprKind::kOr, parts_of(std::move(left), std::move(right)));
  }
  return left;
}

ExprPtr Parser::parse_and() {
  ExprPtr left = parse_not();
  while (take_name("and")) {
    ExprPtr right = parse_not();
    left = make(ExprKind::kAnd, parts_of(std::move(left), std::move(right)));
  }
  return left;
}

ExprPtr Parser::parse_not() {
  if (!take_name("not")) return parse_compare();
  const Level level(depth_, current().line);
  return make(ExprKind::kNot, parts_of(parse_not()));
}

ExprPtr Parser::parse_compare() {
  auto operands = parts_of(parse_sum());
  std::vector<std::string> operators;
  while (true) {
    const Token& token = current();
    const bool is_comparison = token.kind == TokenKind::kOperator &&
                               (token.text == "==" || token.text == "!=" || token.text == "<" ||
                                token.text == "<=" || token.text == ">" || token.text == ">=");
    if (is_comparison) {
      operators.push_back(next().text);
    } else if (take_name("in")) {
      operators.emplace_back("in");
    } else if (is_name("not") && ahead().kind == TokenKind::kName && ahead().text == "in") {
      next();
      next();
      operators.emplace_back("not in");
    } else {
      break;
    }
    operands.push_back(parse_sum());
  }
  if (operators.empty()) return std::move(operands[0]);
  ExprPtr expr = make(ExprKind::kCompare, std::move(operands));
  expr->names = std::move(operators);
  return expr;
}

ExprPtr Parser::parse_sum() {
  ExprPtr left = parse_concat();
  while (is_operator("+") || is_operator("-")) {
    std::string name = next().text;
    ExprPtr right = parse_concat();
    left = make(ExprKind::kBinary, parts_of(std::move(left), std::move(right)), std::move(name));
  }
  return left;
}

ExprPtr Parser::parse_concat() {
  ExprPtr first = parse_product();
  if (!is_operator("~")) return first;
  auto parts = parts_of(std::move(first));
  while (take_operator("~")) parts.push_back(parse_product());
  return make(ExprKind::kConcat, std::move(parts));
}

ExprPtr Parser::parse_product() {
  ExprPtr left = parse_power();
  while (is_operator("*") || is_operator("/") || is_operator("//") || is_operator("%")) {
    std::string name = next().text;
    ExprPtr right = parse_power();
    left = make(ExprKind::kBinary, parts_of(std::move(left), std::move(right)), std::move(name));
  }
  return left;
}

ExprPtr Parser::parse_unary(bool with_filters) {
  const Level level(depth_, current().line);
  ExprPtr expr;
  if (take_operator("-")) {
    expr = make(ExprKind::kNegate, parts_of(parse_unary(false)));
  } else if (take_operator("+")) {
    expr = make(ExprKind::kPlus, parts_of(parse_unary(false)));
  } else {
    expr = parse_primary();
  }
  expr = parse_postfix(std::move(expr));
  return with_filters ? parse_filters(std::move(expr)) : std::move(expr);
}

ExprPtr Parser::parse_power() {
  ExprPtr base = parse_unary(true);
  while (take_operator("**")) {
    ExprPtr exponent = parse_unary(true);
    base = make(ExprKind::kBinary, parts_of(std::move(base), std::move(exponent)), "**");
  }
  return base;
}

ExprPtr Parser::parse_primary() {
  const Token token = next();
  if (token.kind == TokenKind::kName) {
    ExprPtr expr = make(ExprKind::kConst);
    if (token.text == "true" || token.text == "True") {
      expr->value = Value(true);
    } else if (token.text == "false" || token.text == "False") {
      expr->value = Value(false);
    } else if (token.text == "none" || token.text == "None") {
      expr->value = Value(nullptr);
    } else {
      expr->kind = ExprKind::kName;
      expr->name = token.text;
      names_.read(token.text);
    }
    return expr;
  }
  if (token.kind == TokenKind::kString) {
    std::string text = token.text;
    while (current().kind == TokenKind::kString) text += next().text;
    ExprPtr expr = make(ExprKind::kConst);
    expr->value = Value::text(text);
    return expr;
  }
  if (token.kind == TokenKind::kInteger || token.kind == TokenKind::kFloat) {
    return parse_number(token);
  }
  if (token.kind == TokenKind::kOperator && token.text == "(") return parse_parentheses();
  if (token.kind == TokenKind::kOperator && token.text == "[") return parse_list();
  if (token.kind == TokenKind::kOperator && token.text == "{") return parse_dict();
  --at_;
  fail_here("an expression");
}

ExprPtr Parser::parse_number(const Token& token) {
  ExprPtr expr = make(ExprKind::kConst);
  const char* begin = token.text.data();
  const char* end = begin + token.text.size();
  double real = 0.0;
  const bool is_whole = token.kind == TokenKind::kInteger;
  const auto whole = is_whole ? integer_of(token.text, 10) : std::nullopt;
  const bool is_read =
      is_whole ? whole.has_value() : std::from_chars(begin, end, real).ec == std::errc{};
  if (!is_read) fail("The number '" + token.text + "' is too large.", token.line);
  expr->value = is_whole ? Value(*whole) : Value(real);
  return expr;
}

ExprPtr Parser::parse_parentheses() {
  if (take_operator(")")) return make(ExprKind::kTuple);
  ExprPtr expr = parse_expression_or_tuple();
  expect_operator(")");
  return expr;
}

ExprPtr Parser::parse_list() {
  std::vector<ExprPtr> items;
  while (!is_operator("]")) {
    items.push_back(parse_expression());
    if (!take_operator(",")) break;
  }
  expect_operator("]");
  return make(ExprKind::kList, std::move(items));
}

ExprPtr Parser::parse_dict() {
  std::vector<ExprPtr> items;
  while (!is_operator("}")) {
    items.push_back(parse_expression());
    expect_operator(":");
    items.push_back(parse_expression());
    if (!take_operator(",")) break;
  }
  expect_operator("}");
  return make(ExprKind::kDict, std::move(items));
}

ExprPtr Parser::parse_postfix(ExprPtr expr) {
  while (true) {
    if (take_operator(".")) {
      const Token token = next();
      if (token.kind == TokenKind::kInteger) {
        ExprPtr index = parse_number(token);
        expr = make(ExprKind::kSubscript, parts_of(std::move(expr), std::move(index)));
      } else if (token.kind == TokenKind::kName) {
        expr = make(ExprKind::kAttribute, parts_of(std::move(expr)), token.text);
      } else {
        fail("A name is missing after '.'.", token.line);
      }
    } else if (take_operator("[")) {
      expr = parse_subscript(std::move(expr));
    } else if (is_operator("(")) {
      if (expr->kind == ExprKind::kName) names_.call(expr->name, current().line);
      expr = make(ExprKind::kCall, parts_of(std::move(expr)));
      expr->arguments = parse_arguments();
      expr = finish(std::move(expr));
    } else {
      return expr;
    }
  }
}

ExprPtr Parser::parse_subscript(ExprPtr object) {
  std::vector<ExprPtr> keys;
  bool is_tuple = is_operator("]");  // `a[]` asks for the empty tuple, as in Jinja.
  while (!is_operator("]")) {
    if (!keys.empty()) {
      expect_operator(",");
      is_tuple = true;
    }
    keys.push_back(parse_subscript_part());
  }
  for (const ExprPtr& key : keys) {
    if (is_tuple && key->kind == ExprKind::kSlice) fail("A slice has no meaning here.", key->line);
  }
  expect_operator("]");
  ExprPtr key = is_tuple ? make(ExprKind::kTuple, std::move(keys)) : std::move(keys[0]);
  return make(ExprKind::kSubscript, parts_of(std::move(object), std::move(key)));
}

ExprPtr Parser::parse_subscript_part() {
  std::vector<ExprPtr> bounds;
  bounds.push_back(is_operator(":") ? nullptr : parse_expression());
  if (!is_operator(":")) return std::move(bounds[0]);
  while (bounds.size() < 3 && take_operator(":")) {
    const bool is_absent = is_operator(":") || is_operator("]") || is_operator(",");
    bounds.push_back(is_absent ? nullptr : parse_expression());
  }
  bounds.resize(3);
  return make(ExprKind::kSlice, std::move(bounds));
}

}  // namespace octavo::jinja
