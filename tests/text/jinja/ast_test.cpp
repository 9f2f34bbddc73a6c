// What the parts of a tree mean: each kind of expression and statement as its source is written.
#include "src/text/jinja/ast.hpp"

#include "src/text/jinja/parser.hpp"
#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using namespace octavo::jinja;

namespace {

constexpr std::array kKindNames{"const",     "name",      "list",    "tuple",  "dict",
                                "attribute", "subscript", "slice",   "call",   "filter",
                                "test",      "not",       "negate",  "plus",   "and",
                                "or",        "binary",    "compare", "concat", "conditional"};

/// An expression as KIND:NAME(parts; names; arguments), what is absent as a dash.
std::string shape(const ExprPtr& expr) {
  if (expr == nullptr) return "-";
  if (expr->kind == ExprKind::kConst) return to_repr(expr->value).bytes();
  if (expr->kind == ExprKind::kName) return expr->name;
  std::string text = kKindNames.at(static_cast<std::size_t>(expr->kind));
  if (!expr->name.empty()) text += ":" + expr->name;
  text += "(";
  for (std::size_t i = 0; i < expr->parts.size(); ++i)
    text += (i > 0 ? " " : "") + shape(expr->parts[i]);
  for (const std::string& name : expr->names) text += " <" + name + ">";
  for (const Argument& argument : expr->arguments)
    text += " [" + argument.name + "=" + shape(argument.value) + "]";
  return text + ")";
}

std::string shape_of(const std::string& expression) {
  const Body body = Parser::parse("{{ " + expression + " }}").body;
  REQUIRE(body.size() == 1);
  REQUIRE(body[0].kind == StmtKind::kOutput);
  return shape(body[0].expr);
}

int depth_of(const std::string& expression) {
  return Parser::parse("{{ " + expression + " }}").body.at(0).expr->depth;
}

Stmt statement(const std::string& source) {
  Body body = Parser::parse(source).body;
  REQUIRE(body.size() == 1);
  return std::move(body[0]);
}

}  // namespace

TEST_CASE("each kind of expression has the parts that its comment says", "[text]") {
  const auto [rule, source, expected] = GENERATE(testing::rules({
      {"a list", "[a, 1]", "list(a 1)"},
      {"a tuple", "(a, 1)", "tuple(a 1)"},
      {"a dictionary is keys and values in turn", "{'k': a, 1: b}", "dict('k' a 1 b)"},
      {"an attribute", "a.b.c", "attribute:c(attribute:b(a))"},
      {"a subscript", "a[b]", "subscript(a b)"},
      {"a slice with all bounds", "a[1:2:3]", "subscript(a slice(1 2 3))"},
      {"a slice without bounds", "a[:]", "subscript(a slice(- - -))"},
      {"a slice with some", "a[:-1]", "subscript(a slice(- negate(1) -))"},
      {"a call", "dict(a, k=1, *b, **c)", "call(dict [=a] [k=1] [*=b] [**=c])"},
      {"filters, the last outermost", "a|d|int(1)", "filter:int(filter:d(a) [=1])"},
      {"a test with an argument", "a is eq(1)", "test:eq(a [=1])"},
      {"a test whose argument has no parentheses", "a is eq 1", "test:eq(a [=1])"},
      {"a test turned around", "a is not odd", "not(test:odd(a))"},
      {"signs", "-a + +b", "binary:+(negate(a) plus(b))"},
      {"and, or, not", "not a and b or c", "or(and(not(a) b) c)"},
      {"comparisons in a row are one", "a < b <= c not in d", "compare(a b c d <<> <<=> <not in>)"},
      {"joined parts are one", "a ~ b ~ c", "concat(a b c)"},
      {"a condition comes first", "a if b else c", "conditional(b a c)"},
      {"a condition without else", "a if b", "conditional(b a -)"},
      {"powers from the left", "a ** b ** c", "binary:**(binary:**(a b) c)"},
  }));
  CAPTURE(rule);
  CHECK(shape_of(source) == expected);
}

TEST_CASE("an expression is as deep as its deepest part, with itself", "[text]") {
  CHECK(depth_of("a") == 1);
  CHECK(depth_of("a.b") == 2);
  CHECK(depth_of("[1, [2, [3]]]") == 4);
  CHECK(depth_of("a + b * c") == 3);
  CHECK(depth_of("dict(range(1))") == 3);
  CHECK(depth_of("dict(1, k=[[2]])") == 4);
  CHECK(depth_of("a | d([2])") == 3);
}

TEST_CASE("each expression and statement knows its line", "[text]") {
  const Body body = Parser::parse("one\n{{ a }}\n{% set b =\n c %}").body;
  REQUIRE(body.size() == 4);
  CHECK(body[1].line == 2);
  CHECK(body[1].expr->line == 2);
  CHECK(body[3].line == 3);
  CHECK(body[3].expr->line == 4);
}

TEST_CASE("the branches of a condition are conditions of what was not taken", "[text]") {
  const Stmt stmt = statement("{% if a %}x{% elif b %}y{% else %}z{% endif %}");
  REQUIRE(stmt.kind == StmtKind::kIf);
  CHECK(shape(stmt.expr) == "a");
  CHECK(stmt.body.at(0).data.bytes() == "x");
  const Stmt& second = stmt.otherwise.at(0);
  REQUIRE(second.kind == StmtKind::kIf);
  CHECK(shape(second.expr) == "b");
  CHECK(second.body.at(0).data.bytes() == "y");
  CHECK(second.otherwise.at(0).data.bytes() == "z");
}

TEST_CASE("a loop has a target, what it goes over, a filter and what else is said", "[text]") {
  const Stmt stmt = statement("{% for k, (a, b) in c if k recursive %}x{% else %}y{% endfor %}");
  REQUIRE(stmt.kind == StmtKind::kFor);
  REQUIRE(stmt.target.parts.size() == 2);
  CHECK(stmt.target.parts[0].name == "k");
  CHECK(stmt.target.parts[1].parts.at(1).name == "b");
  CHECK(shape(stmt.expr) == "c");
  CHECK(shape(stmt.filter) == "k");
  CHECK(stmt.is_recursive);
  CHECK(stmt.otherwise.size() == 1);
  const Stmt plain = statement("{% for k in c %}{% endfor %}");
  CHECK(plain.filter == nullptr);
  CHECK_FALSE(plain.is_recursive);
}

TEST_CASE("assignments have a target and an expression or a body", "[text]") {
  const Stmt set = statement("{% set n.a = 1 %}");
  CHECK(set.kind == StmtKind::kSet);
  CHECK(set.target.name == "n");
  CHECK(set.target.attribute == "a");
  CHECK(shape(set.expr) == "1");
  const Stmt block = statement("{% set a | d | int %}x{% endset %}");
  CHECK(block.kind == StmtKind::kSetBlock);
  CHECK(shape(block.expr) == "filter:int(filter:d(-))");
  CHECK(block.body.size() == 1);
  const Stmt with = statement("{% with a = 1, b = c %}x{% endwith %}");
  CHECK(with.kind == StmtKind::kWith);
  REQUIRE(with.assignments.size() == 2);
  CHECK(with.assignments[1].first.name == "b");
  CHECK(shape(with.assignments[1].second) == "c");
}

TEST_CASE("a macro has parameters, and a call hands some to its block", "[text]") {
  const Stmt macro = statement("{% macro m(a, b=1) %}x{% endmacro %}");
  CHECK(macro.kind == StmtKind::kMacro);
  CHECK(macro.name == "m");
  REQUIRE(macro.parameters.size() == 2);
  CHECK(macro.parameters[0].otherwise == nullptr);
  CHECK(shape(macro.parameters[1].otherwise) == "1");
  const Stmt call = statement("{% call(c) dict(1) %}x{% endcall %}");
  CHECK(call.kind == StmtKind::kCallBlock);
  CHECK(shape(call.expr) == "call(dict [=1])");
  CHECK(call.parameters.at(0).name == "c");
}

TEST_CASE("the other statements are what they are called", "[text]") {
  CHECK(statement("text").kind == StmtKind::kData);
  CHECK(statement("{% filter upper %}x{% endfilter %}").kind == StmtKind::kFilterBlock);
  CHECK(statement("{% generation %}x{% endgeneration %}").kind == StmtKind::kScope);
  const Stmt loop = statement("{% for a in b %}{% break %}{% continue %}{% endfor %}");
  CHECK(loop.body.at(0).kind == StmtKind::kBreak);
  CHECK(loop.body.at(1).kind == StmtKind::kContinue);
}
