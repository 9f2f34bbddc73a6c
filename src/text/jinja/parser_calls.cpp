// What follows a value: filters, tests and arguments.
#include <algorithm>

#include "src/text/jinja/builtins.hpp"
#include "src/text/jinja/parser.hpp"

namespace octavo::jinja {
namespace {

template <class... Parts>
std::vector<ExprPtr> parts_of(Parts... parts) {
  std::vector<ExprPtr> out;
  (out.push_back(std::move(parts)), ...);
  return out;
}

}  // namespace

ExprPtr Parser::parse_filters(ExprPtr expr) {
  while (true) {
    if (take_operator("|")) {
      expr = parse_filter_name(std::move(expr));
    } else if (take_name("is")) {
      expr = parse_test(std::move(expr));
    } else if (is_operator("(")) {
      expr = parse_postfix(std::move(expr));
    } else {
      return expr;
    }
  }
}

std::string Parser::parse_dotted_name() {
  std::string name = expect_any_name();
  while (take_operator(".")) name += "." + expect_any_name();
  return name;
}

ExprPtr Parser::parse_filter_name(ExprPtr input) {
  ExprPtr expr = make(ExprKind::kFilter, parts_of(std::move(input)), parse_dotted_name());
  if (is_operator("(")) expr->arguments = parse_arguments();
  check_filter(*expr);
  return finish(std::move(expr));
}

void Parser::check_test_name(const std::string& name, int line) const {
  if (find_test(name) == nullptr) fail("The test '" + name + "' is not known.", line);
}

/// `map` and its like take the name of a filter or test, which is known where it is a literal.
void Parser::check_filter(const Expr& filter) const {
  const std::string& name = filter.name;
  if (find_filter(name) == nullptr) {
    fail("The filter '" + name + "' is not known.", filter.line);
  }
  const bool takes_test = name == "select" || name == "reject";
  const bool takes_attribute = name == "selectattr" || name == "rejectattr";
  if (name != "map" && !takes_test && !takes_attribute) return;
  const std::size_t at = takes_attribute ? 1 : 0;
  if (filter.arguments.size() <= at) return;
  const Argument& argument = filter.arguments[at];
  const bool is_literal = argument.name.empty() && argument.value->kind == ExprKind::kConst;
  if (!is_literal || !argument.value->value.is_text()) return;
  const std::string& inner = argument.value->value.as_text().bytes();
  if (name != "map") return check_test_name(inner, filter.line);
  if (find_filter(inner) == nullptr) {
    fail("The filter '" + inner + "' is not known.", filter.line);
  }
}

ExprPtr Parser::parse_test(ExprPtr subject) {
  const bool is_negated = take_name("not");
  ExprPtr expr = make(ExprKind::kTest, parts_of(std::move(subject)), parse_dotted_name());
  check_test_name(expr->name, expr->line);
  const Token& token = current();
  const bool is_value = token.kind == TokenKind::kString || token.kind == TokenKind::kInteger ||
                        token.kind == TokenKind::kFloat || is_operator("[") || is_operator("{") ||
                        (token.kind == TokenKind::kName && token.text != "else" &&
                         token.text != "or" && token.text != "and");
  if (is_operator("(")) {
    expr->arguments = parse_arguments();
  } else if (is_name("is")) {
    fail("A test cannot be tested: 'is' follows 'is'.", token.line);
  } else if (is_value) {
    expr->arguments.push_back({"", parse_postfix(parse_primary())});
  }
  expr = finish(std::move(expr));
  return is_negated ? make(ExprKind::kNot, parts_of(std::move(expr))) : std::move(expr);
}

std::vector<Argument> Parser::parse_arguments() {
  std::vector<Argument> arguments;
  expect_operator("(");
  const auto has = [&arguments](std::string_view name) {
    return std::ranges::find(arguments, name, &Argument::name) != arguments.end();
  };
  while (!is_operator(")")) {
    Argument argument;
    const int line = current().line;
    if (is_operator("*") || is_operator("**")) {
      argument.name = next().text;
    } else if (current().kind == TokenKind::kName && ahead().kind == TokenKind::kOperator &&
               ahead().text == "=") {
      argument.name = next().text;
      next();
    }
    const bool has_named = std::ranges::any_of(
        arguments, [](const Argument& other) { return !other.name.empty() && other.name != "*"; });
    const bool comes_late = argument.name.empty() && (has("*") || has_named);
    if (has("**") || comes_late || (!argument.name.empty() && has(argument.name))) {
      fail("An argument is there twice, or stands behind one that must follow it.", line);
    }
    argument.value = parse_expression();
    arguments.push_back(std::move(argument));
    if (!is_operator(")")) expect_operator(",");
  }
  expect_operator(")");
  return arguments;
}

}  // namespace octavo::jinja
