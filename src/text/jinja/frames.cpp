#include "src/text/jinja/frames.hpp"

#include <array>
#include <map>
#include <set>

namespace octavo::jinja {
namespace {

/// Where the first value of a name comes from: from nowhere, because the frame itself sets the name
/// later, or from the request or a frame around this one.
enum class Origin : std::uint8_t { kUnset, kElsewhere };

/// Follows the statements of one frame in their order and remembers how it uses each name.
class Frame {
 public:
  explicit Frame(const Frame* parent) : parent_(parent) {}

  void read(const std::string& name) {
    if (!knows(name)) origins_[name] = Origin::kElsewhere;
  }
  void set(const std::string& name) {
    sets_.insert(name);
    if (origins_.contains(name)) return;
    const bool is_known_outside = parent_ != nullptr && parent_->knows(name);
    origins_[name] = is_known_outside ? Origin::kElsewhere : Origin::kUnset;
  }
  void take(const std::string& parameter) {
    sets_.insert(parameter);
    origins_[parameter] = Origin::kElsewhere;
  }
  /// Goes on after the three ways through an `if`. What only some of them set may come from
  /// elsewhere.
  void join(const std::array<Frame, 3>& branches) {
    std::map<std::string, int> num_branches;
    for (const Frame& branch : branches) {
      for (const std::string& name : branch.sets_) {
        if (!sets_.contains(name)) ++num_branches[name];
      }
    }
    for (const Frame& branch : branches) {
      for (const auto& [name, origin] : branch.origins_) origins_[name] = origin;
      sets_.insert(branch.sets_.begin(), branch.sets_.end());
    }
    for (const auto& [name, count] : num_branches) {
      if (count < static_cast<int>(branches.size())) origins_[name] = Origin::kElsewhere;
    }
  }
  std::vector<std::string> unset() const {
    std::vector<std::string> names;
    for (const auto& [name, origin] : origins_) {
      if (origin == Origin::kUnset) names.push_back(name);
    }
    return names;
  }

 private:
  bool knows(const std::string& name) const {
    return origins_.contains(name) || (parent_ != nullptr && parent_->knows(name));
  }

  const Frame* parent_;
  std::map<std::string, Origin> origins_;
  std::set<std::string> sets_;
};

void read_names(const ExprPtr& expr, Frame& frame) {
  if (!expr) return;
  if (expr->kind == ExprKind::kName) frame.read(expr->name);
  for (const ExprPtr& part : expr->parts) read_names(part, frame);
  for (const Argument& argument : expr->arguments) read_names(argument.value, frame);
}

void set_names(const Target& target, Frame& frame) {
  for (const Target& part : target.parts) set_names(part, frame);
  if (!target.parts.empty()) return;
  target.attribute.empty() ? frame.set(target.name) : frame.read(target.name);
}

void take_names(const Target& target, Frame& frame) {
  for (const Target& part : target.parts) take_names(part, frame);
  if (target.parts.empty()) frame.take(target.name);
}

void take_parameters(const Stmt& stmt, Frame& frame) {
  for (const Parameter& parameter : stmt.parameters) frame.take(parameter.name);
  for (const Parameter& parameter : stmt.parameters) read_names(parameter.otherwise, frame);
  for (const char* name : {"caller", "kwargs", "varargs"}) frame.take(name);
}

void visit(const Body& body, Frame& frame);

void visit_if(const Stmt& stmt, Frame& frame) {
  read_names(stmt.expr, frame);
  std::array<Frame, 3> branches{frame, frame, frame};
  visit(stmt.body, branches[0]);
  // However many `elif` there are, they are one way, each of them an `if` without an `else`.
  const Body* otherwise = &stmt.otherwise;
  while (otherwise->size() == 1 && otherwise->front().is_elif) {
    const Stmt& each = otherwise->front();
    read_names(each.expr, branches[1]);
    std::array<Frame, 3> ways{branches[1], branches[1], branches[1]};
    visit(each.body, ways[0]);
    branches[1].join(ways);
    otherwise = &each.otherwise;
  }
  visit(*otherwise, branches[2]);
  frame.join(branches);
}

/// Notes which names the statement itself reads and sets. What lies in frames of its own, such as
/// the body of a loop, is not looked at.
void visit(const Stmt& stmt, Frame& frame) {
  switch (stmt.kind) {
    case StmtKind::kIf:
      return visit_if(stmt, frame);
    case StmtKind::kSet:
    case StmtKind::kSetBlock:
      if (stmt.kind == StmtKind::kSet) read_names(stmt.expr, frame);
      return set_names(stmt.target, frame);
    case StmtKind::kMacro:
      return frame.set(stmt.name);
    case StmtKind::kWith:
      for (const auto& [target, value] : stmt.assignments) read_names(value, frame);
      return;
    default:
      return read_names(stmt.expr, frame);
  }
}

void visit(const Body& body, Frame& frame) {
  for (const Stmt& stmt : body) visit(stmt, frame);
}

/// Fills in the statements whose frames lie within frame.
void fill(Body& body, const Frame& frame);

std::vector<std::string> filled(Body& body, Frame inner) {
  visit(body, inner);
  fill(body, inner);
  return inner.unset();
}

void fill(Stmt& stmt, const Frame& frame) {
  Frame inner(stmt.is_block ? nullptr : &frame);
  switch (stmt.kind) {
    case StmtKind::kIf:
      fill(stmt.body, frame);
      return fill(stmt.otherwise, frame);
    case StmtKind::kFor:
      stmt.unset_otherwise = filled(stmt.otherwise, inner);
      take_names(stmt.target, inner);
      inner.take("loop");
      break;
    case StmtKind::kWith:
      for (const auto& [target, value] : stmt.assignments) take_names(target, inner);
      break;
    case StmtKind::kMacro:
    case StmtKind::kCallBlock:
      take_parameters(stmt, inner);
      break;
    case StmtKind::kSetBlock:
    case StmtKind::kFilterBlock:
    case StmtKind::kScope:
      break;
    default:
      return;
  }
  stmt.unset = filled(stmt.body, std::move(inner));
}

void fill(Body& body, const Frame& frame) {
  for (Stmt& stmt : body) fill(stmt, frame);
}

}  // namespace

void find_unset(Template& tree) { tree.unset = filled(tree.body, Frame(nullptr)); }

}  // namespace octavo::jinja
