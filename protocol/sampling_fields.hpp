// The fields of `response.create` that say how tokens are chosen. Kinds are checked here, ranges by
// validate().
#pragma once

#include "protocol/client_event.hpp"
#include "protocol/json_fields.hpp"

namespace octavo {

/// Fills `create.sampling` and the marks of what was given. `create.include_logprobs` is read
/// before.
void read_sampling(JsonFields& fields, ResponseCreate& create);

}  // namespace octavo
