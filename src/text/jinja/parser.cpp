#include "src/text/jinja/parser.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "src/text/jinja/constants.hpp"
#include "src/text/jinja/fault.hpp"
#include "src/text/jinja/frames.hpp"

namespace octavo::jinja {
namespace {

constexpr int kMaxBlockDepth = 60;

}  // namespace

const Token& Parser::ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }

Token Parser::next() {
  const Token token = current();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool Parser::is_operator(std::string_view text) const {
  return current().kind == TokenKind::kOperator && current().text == text;
}

bool Parser::is_name(std::string_view text) const {
  return current().kind == TokenKind::kName && current().text == text;
}

bool Parser::take_operator(std::string_view text) {
  const bool found = is_operator(text);
  if (found) next();
  return found;
}

bool Parser::take_name(std::string_view text) {
  const bool found = is_name(text);
  if (found) next();
  return found;
}

void Parser::expect_operator(std::string_view text) {
  if (!take_operator(text)) fail_here("'" + std::string(text) + "'");
}

void Parser::expect_name(std::string_view text) {
  if (!take_name(text)) fail_here("'" + std::string(text) + "'");
}

std::string Parser::expect_any_name() {
  if (current().kind != TokenKind::kName) fail_here("a name");
  return next().text;
}

void Parser::fail_here(std::string_view wanted) const {
  const Token& token = current();
  const bool is_end = token.text.empty();
  fail("Expected " + std::string(wanted) +
           (is_end ? " before the end of the tag." : ", not '" + token.text + "'."),
       token.line);
}

Template Parser::parse(std::string_view source) {
  Parser parser(tokenize(source));
  Template tree{parser.parse_body({}), {}, {}};
  parser.names_.check_calls();
  tree.variables = parser.names_.variables();
  find_unset(tree);
  return tree;
}

/// Up to one of the tags in ends, of which the name is then the current token.
Body Parser::parse_body(const std::vector<std::string_view>& ends) {
  if (++depth_ > kMaxBlockDepth) fail("Blocks are nested too deeply.", current().line);
  Body body;
  while (current().kind != TokenKind::kEnd) {
    const Token token = next();
    Stmt stmt;
    stmt.line = token.line;
    if (token.kind == TokenKind::kData) {
      stmt.data = Text(token.text);
    } else if (token.kind == TokenKind::kOutputBegin) {
      stmt.kind = StmtKind::kOutput;
      stmt.expr = parse_expression_or_tuple();
      forgive_constants(*stmt.expr, true);
      if (current().kind != TokenKind::kOutputEnd) fail_here("'}}'");
      next();
    } else {
      if (current().kind != TokenKind::kName) fail_here("the name of a tag");
      if (std::ranges::find(ends, current().text) != ends.end()) {
        --depth_;
        return body;
      }
      stmt = parse_statement();
      stmt.line = token.line;
    }
    body.push_back(std::move(stmt));
  }
  if (!ends.empty()) fail("'" + std::string(ends.back()) + "' is missing.", current().line);
  --depth_;
  return body;
}

void Parser::end_block() {
  if (current().kind != TokenKind::kBlockEnd) fail_here("'%}'");
  next();
}

Stmt Parser::parse_statement() {
  const Token token = next();
  if (token.text == "if") return parse_if();
  if (token.text == "for") return parse_for();
  if (token.text == "set") return parse_set();
  if (token.text == "macro") return parse_macro();
  if (token.text == "call") return parse_call_block();
  if (token.text == "filter") return parse_filter_block();
  if (token.text == "with") return parse_with();
  if (token.text == "block") return parse_block();
  if (token.text == "generation") return parse_generation();
  if (token.text == "break") return parse_loop_control(true);
  if (token.text == "continue") return parse_loop_control(false);
  fail("The tag '" + token.text + "' is not known.", token.line);
}

Stmt Parser::parse_loop_control(bool is_break) {
  if (num_loops_ == 0) fail("'break' and 'continue' need a loop around them.", current().line);
  Stmt stmt;
  stmt.kind = is_break ? StmtKind::kBreak : StmtKind::kContinue;
  end_block();
  return stmt;
}

Stmt Parser::parse_if() {
  Stmt stmt;
  stmt.kind = StmtKind::kIf;
  stmt.line = current().line;
  stmt.expr = parse_unconditional();
  forgive_constants(*stmt.expr, false);
  end_block();
  stmt.body = parse_body({"elif", "else", "endif"});
  const std::string tag = next().text;
  if (tag == "elif") {
    if (++depth_ > kMaxBlockDepth) fail("There are too many branches.", current().line);
    stmt.otherwise.push_back(parse_if());
    stmt.otherwise.back().is_elif = true;
    --depth_;
    return stmt;
  }
  end_block();
  if (tag == "else") {
    stmt.otherwise = parse_body({"endif"});
    next();
    end_block();
  }
  return stmt;
}

Stmt Parser::parse_for() {
  Stmt stmt;
  stmt.kind = StmtKind::kFor;
  if (is_name("loop")) fail("'loop' is the loop's own name.", current().line);
  stmt.target = parse_target(false);
  expect_name("in");
  stmt.expr = parse_unconditional();
  forgive_constants(*stmt.expr, false);
  if (take_name("if")) stmt.filter = parse_expression();
  stmt.is_recursive = take_name("recursive");
  end_block();
  ++num_loops_;
  stmt.body = parse_body({"else", "endfor"});
  --num_loops_;
  const bool has_else = next().text == "else";
  end_block();
  if (has_else) {
    stmt.otherwise = parse_body({"endfor"});
    next();
    end_block();
  }
  return stmt;
}

Stmt Parser::parse_set() {
  Stmt stmt;
  stmt.target = parse_target(true);
  if (take_operator("=")) {
    stmt.kind = StmtKind::kSet;
    stmt.expr = parse_expression_or_tuple();
    forgive_constants(*stmt.expr, false);
    end_block();
    return stmt;
  }
  stmt.kind = StmtKind::kSetBlock;
  if (take_operator("|")) {
    stmt.expr = parse_filters(parse_filter_name(nullptr));
  }
  end_block();
  stmt.body = parse_body({"endset"});
  next();
  end_block();
  return stmt;
}

Stmt Parser::parse_macro() {
  Stmt stmt;
  stmt.kind = StmtKind::kMacro;
  stmt.name = parse_assigned_name();
  stmt.parameters = parse_parameters();
  end_block();
  parse_macro_body(stmt, "endmacro");
  next();
  if (current().kind == TokenKind::kName) next();
  end_block();
  return stmt;
}

Stmt Parser::parse_call_block() {
  Stmt stmt;
  stmt.kind = StmtKind::kCallBlock;
  if (is_operator("(")) stmt.parameters = parse_parameters();
  stmt.expr = parse_expression();
  if (stmt.expr->kind != ExprKind::kCall) fail("'call' needs a call.", stmt.expr->line);
  end_block();
  parse_macro_body(stmt, "endcall");
  next();
  end_block();
  return stmt;
}

Stmt Parser::parse_filter_block() {
  Stmt stmt;
  stmt.kind = StmtKind::kFilterBlock;
  stmt.expr = parse_filters(parse_filter_name(nullptr));
  end_block();
  stmt.body = parse_body({"endfilter"});
  next();
  end_block();
  return stmt;
}

Stmt Parser::parse_with() {
  Stmt stmt;
  stmt.kind = StmtKind::kWith;
  while (current().kind != TokenKind::kBlockEnd) {
    if (!stmt.assignments.empty()) expect_operator(",");
    Target target = parse_target(false);
    expect_operator("=");
    stmt.assignments.emplace_back(std::move(target), parse_expression());
  }
  end_block();
  stmt.body = parse_body({"endwith"});
  next();
  end_block();
  return stmt;
}

// No other template can fill it, so it is its own text. In a loop it sees what the loop sets only
// when it says so, which is easily forgotten, so it has to.
Stmt Parser::parse_block() {
  Stmt stmt;
  stmt.kind = StmtKind::kWith;
  stmt.is_block = true;
  const std::string name = current().text;
  if (current().kind != TokenKind::kName) fail_here("the name of a block");
  if (!blocks_.insert(name).second) fail("There are two blocks '" + name + "'.", current().line);
  next();
  if (!take_name("scoped") && num_loops_ > 0)
    fail("A block in a loop must be 'scoped'.", current().line);
  if (is_name("required"))
    fail("No other template fills a block that is 'required'.", current().line);
  end_block();
  const int num_loops = std::exchange(num_loops_, 0);
  stmt.body = parse_body({"endblock"});
  num_loops_ = num_loops;
  next();
  if (current().kind == TokenKind::kName && current().text != name)
    fail("The block '" + name + "' ends with another name.", current().line);
  take_name(name);
  end_block();
  return stmt;
}

Stmt Parser::parse_generation() {
  Stmt stmt;
  stmt.kind = StmtKind::kScope;
  end_block();
  const int num_loops = std::exchange(num_loops_, 0);
  stmt.body = parse_body({"endgeneration"});
  num_loops_ = num_loops;
  next();
  end_block();
  return stmt;
}

void Parser::parse_macro_body(Stmt& stmt, std::string_view end) {
  const int num_loops = std::exchange(num_loops_, 0);
  const std::size_t begin = names_.count();
  const int line = current().line;
  stmt.body = parse_body({end});
  num_loops_ = num_loops;
  const auto takes = [&](std::string_view name) {
    const auto it = std::ranges::find(stmt.parameters, name, &Parameter::name);
    const bool is_read = names_.reads_since(begin, name);
    if (name == "caller" && is_read && it != stmt.parameters.end() && !it->otherwise) {
      fail("The parameter 'caller' needs a default.", line);
    }
    return is_read && it == stmt.parameters.end();
  };
  stmt.takes_caller = takes("caller");
  stmt.takes_kwargs = takes("kwargs");
  stmt.takes_varargs = takes("varargs");
}

std::vector<Parameter> Parser::parse_parameters() {
  std::vector<Parameter> parameters;
  expect_operator("(");
  while (!is_operator(")")) {
    if (!parameters.empty()) expect_operator(",");
    const int line = current().line;
    Parameter parameter{parse_assigned_name(), nullptr};
    if (take_operator("=")) parameter.otherwise = parse_expression();
    if (std::ranges::find(parameters, parameter.name, &Parameter::name) != parameters.end()) {
      fail("The parameter '" + parameter.name + "' is there twice.", line);
    }
    if (!parameter.otherwise && !parameters.empty() && parameters.back().otherwise) {
      fail("The parameter '" + parameter.name + "' needs a default, as the one before.", line);
    }
    parameters.push_back(std::move(parameter));
  }
  expect_operator(")");
  return parameters;
}

Target Parser::parse_target(bool allows_attribute) {
  Target first = parse_single_target(allows_attribute);
  if (!is_operator(",")) return first;
  Target tuple;
  tuple.parts.push_back(std::move(first));
  while (take_operator(",")) {
    if (is_operator(")")) break;  // A comma may end what stands in parentheses.
    tuple.parts.push_back(parse_single_target(allows_attribute));
  }
  return tuple;
}

Target Parser::parse_single_target(bool allows_attribute) {
  if (take_operator("(")) {
    if (++depth_ > kMaxBlockDepth) fail_here("fewer parentheses");
    Target target = parse_target(false);
    --depth_;
    expect_operator(")");
    return target;
  }
  Target target;
  target.name = parse_assigned_name();
  if (allows_attribute && take_operator(".")) target.attribute = expect_any_name();
  return target;
}

std::string Parser::parse_assigned_name() {
  constexpr std::array<std::string_view, 6> kConstants{"true",  "True", "false",
                                                       "False", "none", "None"};
  const int line = current().line;
  std::string name = expect_any_name();
  if (std::ranges::find(kConstants, name) != kConstants.end()) {
    fail("'" + name + "' cannot be assigned to.", line);
  }
  names_.set(name);
  return name;
}

}  // namespace octavo::jinja
