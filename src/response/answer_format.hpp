// A client may ask for a format of the text and for calls of functions at once, and the model puts
// its own marks around both. The masks need one description of it all; this makes it.
#pragma once

#include "src/core/output_format.hpp"
#include "src/response/prompt.hpp"

namespace octavo {

/// Whether masks are needed: for a format, for calls that must come, or for strict tools.
bool is_constrained(const ResponseCreate& create);

/// The description of the whole answer. Call it only when is_constrained(). Errors:
/// kUnsupportedParameter for a strict tool whose schema no mask can enforce.
[[nodiscard]] Result<OutputFormat> answer_format(const ServedModel& model,
                                                 const ResponseCreate& create,
                                                 const Prompt& prompt);

}  // namespace octavo
