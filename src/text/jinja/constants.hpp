// Jinja computes what is constant when it loads a template, by rules that forgive a slice of what
// is no sequence: inside of a constant expression, and where one is written, it is undefined.
// Elsewhere it is a fault.
#pragma once

#include "src/text/jinja/ast.hpp"

namespace octavo::jinja {

/// Marks the subscripts of an expression that are forgiven so. is_written: it is what a tag writes.
void forgive_constants(Expr& expr, bool is_written);

}  // namespace octavo::jinja
