// What a template says, as a tree. Built once by the parser, walked by the interpreter.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/text/jinja/value.hpp"

namespace octavo::jinja {

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

enum class ExprKind : std::uint8_t {
  kConst,        ///< value
  kName,         ///< name
  kList,         ///< parts
  kTuple,        ///< parts
  kDict,         ///< parts: key, value, key, value...
  kAttribute,    ///< parts[0] . name
  kSubscript,    ///< parts[0] [ parts[1] ]
  kSlice,        ///< parts: start, stop, step; each may be null
  kCall,         ///< parts[0] ( arguments )
  kFilter,       ///< parts[0] | name ( arguments ); parts[0] is null in a filter block
  kTest,         ///< parts[0] is name ( arguments )
  kNot,          ///< not parts[0]
  kNegate,       ///< - parts[0]
  kPlus,         ///< + parts[0]
  kAnd,          ///< parts[0] and parts[1]
  kOr,           ///< parts[0] or parts[1]
  kBinary,       ///< parts[0] name parts[1]
  kCompare,      ///< parts[0] names[0] parts[1] names[1] parts[2] ...
  kConcat,       ///< parts[0] ~ parts[1] ~ ...
  kConditional,  ///< parts[1] if parts[0] else parts[2]; parts[2] may be null
};

struct Argument {
  std::string name;  ///< Empty when positional; "*" and "**" unpack.
  ExprPtr value;
};

struct Expr {
  ExprKind kind = ExprKind::kConst;
  int line = 0;
  int depth = 1;          ///< Levels of the tree below and with this one.
  bool forgives = false;  ///< A slice of what is no sequence is undefined; see constants.hpp.
  std::string name;
  Value value;
  std::vector<ExprPtr> parts;
  std::vector<std::string> names;
  std::vector<Argument> arguments;
};

/// A place to assign to: a name, an attribute of a namespace, or several targets in a tuple.
struct Target {
  std::string name;
  std::string attribute;
  std::vector<Target> parts;
};

struct Stmt;
using Body = std::vector<Stmt>;

struct Parameter {
  std::string name;
  ExprPtr otherwise;  ///< Null: undefined when not given.
};

enum class StmtKind : std::uint8_t {
  kData,         ///< data
  kOutput,       ///< expr
  kIf,           ///< branches in expr/body and, when not taken, otherwise
  kFor,          ///< target in expr, filter, body, otherwise, is_recursive
  kSet,          ///< target = expr
  kSetBlock,     ///< target = body, through expr when it is a filter
  kMacro,        ///< name(parameters) body
  kCallBlock,    ///< expr called with body as caller(parameters)
  kFilterBlock,  ///< body through expr
  kWith,         ///< assignments, body
  kScope,        ///< body with names of its own: {% generation %}
  kBreak,
  kContinue,
};

struct Stmt {
  StmtKind kind = StmtKind::kData;
  int line = 0;
  Text data;
  std::string name;
  ExprPtr expr;
  ExprPtr filter;
  Target target;
  std::vector<Parameter> parameters;
  std::vector<std::pair<Target, ExprPtr>> assignments;
  Body body;
  Body otherwise;
  std::vector<std::string> unset;            ///< Names of the body's frame; see frames.hpp.
  std::vector<std::string> unset_otherwise;  ///< The same of a loop's `else`.
  bool is_elif = false;
  bool is_block = false;  ///< A `block`, which knows nothing of the frames around it.
  bool is_recursive = false;
  bool takes_caller = false;  ///< A macro that reads `caller`, and so on.
  bool takes_kwargs = false;
  bool takes_varargs = false;
};

struct Template {
  Body body;
  std::vector<std::string> unset;
  std::vector<std::string> variables;  ///< What it reads of its context; sorted.
};

}  // namespace octavo::jinja
