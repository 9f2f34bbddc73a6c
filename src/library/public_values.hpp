// The values of the public header as the house has them, and back: what a program says becomes a
// request like any other, and what the house says becomes the program's in its own words.
#pragma once

#include "src/core/result.hpp"
#include "src/library/local_generator.hpp"
#include "src/library/model_options.hpp"
#include "src/library/octavo.hpp"
#include "src/response/response_create.hpp"

namespace octavo {

ModelOptions model_options(const EngineOptions& options);

EngineInfo info_of(const LocalModel& model);

/// Errors: kUnsupportedParameter for text or messages to a model that takes none.
[[nodiscard]] Result<ResponseCreate> create_of(const ServedModel& model, const PromptInput& prompt);

/// The same with its sampling, ranges unchecked. Errors: also kInvalidValue for two formats at
/// once, kUnsupportedParameter for stop strings to a model without text.
[[nodiscard]] Result<ResponseCreate> create_of(const ServedModel& model,
                                               const GenerateRequest& request);

Completion completion_of(RequestHandle request, const Generation& generation);

/// With the names of the header's members in place of flags and of the wire's fields.
EngineError engine_error(const Error& error);

}  // namespace octavo
