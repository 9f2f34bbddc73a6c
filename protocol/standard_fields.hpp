// The fields of the standard that change no answer here. A client that sends one must not believe
// that it was done: each is repeated in the response as it was sent, or refused by name. Values are
// checked in both cases. `protocol/README.md` has the list.
#pragma once

#include "src/core/json_reader.hpp"
#include "src/response/response_create.hpp"

namespace octavo {

enum class Transport : std::uint8_t { kWebSocket, kHttp };

/// Reads them into create.repeated and create.unknown_fields; faults stay in `fields`.
void read_standard_fields(JsonReader& fields, Transport transport, ResponseCreate& create);

/// The part of them that says of whom and of what the request is: nothing here goes by it. Chat
/// completions have it, too.
void read_names(JsonReader& fields, ResponseCreate& create);

/// `verbosity`, and the effort of reasoning under the name that the endpoint gives it; nothing when
/// it is absent, faulty, or not supported.
std::optional<std::string> read_verbosity(JsonReader& fields);
std::optional<std::string> read_effort(JsonReader& fields, std::string_view name);

}  // namespace octavo
