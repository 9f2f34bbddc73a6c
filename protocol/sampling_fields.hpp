// The fields of `response.create` that say how tokens are chosen. Kinds are checked here, ranges by
// validate().
#pragma once

#include "src/core/json_reader.hpp"
#include "src/response/response_create.hpp"

namespace octavo {

/// Fills `create.sampling` and, for what has a default of the model, the optionals beside it.
/// `create.include_logprobs` is read before.
void read_sampling(JsonReader& fields, ResponseCreate& create);

}  // namespace octavo
