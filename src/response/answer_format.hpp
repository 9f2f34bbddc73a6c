// What an answer may be, for the masks: what the client asked of its text, the calls that it wants
// and the marks that the model's family puts around both are one description.
#pragma once

#include "src/core/output_format.hpp"
#include "src/response/prompt.hpp"

namespace octavo {

/// The request holds the model to anything: a format, calls, or calls by their schemas.
bool is_constrained(const ResponseCreate& create);

/// Only where is_constrained(). Errors: kUnsupportedParameter for a strict tool whose schema says
/// what no mask can hold a model to.
[[nodiscard]] Result<OutputFormat> answer_format(const ServedModel& model,
                                                 const ResponseCreate& create,
                                                 const Prompt& prompt);

}  // namespace octavo
