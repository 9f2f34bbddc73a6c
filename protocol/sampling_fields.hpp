// The fields of `response.create` that say how tokens are chosen. Kinds are checked here, ranges by
// validate().
#pragma once

#include "src/core/json_reader.hpp"
#include "src/response/response_create.hpp"

namespace octavo {

/// What every endpoint names alike. Fills `create.sampling` and, for what has a default of the
/// model, the optionals beside it.
void read_common_sampling(JsonReader& fields, ResponseCreate& create);
/// One of the names of the most tokens to generate. Of several the smallest counts.
void read_max_tokens(JsonReader& fields, const char* name, ResponseCreate& create);
/// All of it, as the Responses API has it. `create.include_logprobs` is read before.
void read_sampling(JsonReader& fields, ResponseCreate& create);

}  // namespace octavo
