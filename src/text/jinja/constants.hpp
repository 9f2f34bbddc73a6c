// Jinja computes what is constant when it loads a template, by rules that forgive more.
#pragma once

#include "src/text/jinja/ast.hpp"

namespace octavo::jinja {

/// Whether no variable and no call takes part, and no filter that is given the variables.
bool is_constant(const Expr& expr);

}  // namespace octavo::jinja
