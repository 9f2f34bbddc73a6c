// Whether a name means the template's own variable or the request's is decided by Jinja before it
// renders, for each frame: the template, the body of a loop, a macro and so on. A frame that sets a
// name without having read it before has a variable of that name from its beginning, and what lies
// inside of the frame sees it as undefined until it is set, whatever the request brings.
#pragma once

#include "src/text/jinja/ast.hpp"

namespace octavo::jinja {

/// Fills in `unset` of the template and of each of its statements that has a frame.
void find_unset(Template& tree);

}  // namespace octavo::jinja
