// A response becomes a request of the engine once its prompt is known. What the request says comes
// from the client, from the limits of its API key, and from those of the server.
#pragma once

#include "actors/session/session_context.hpp"

namespace octavo {

/// account: that of the client's API key. wants_progress: the client hears how far the prompt is,
/// whether or not it asked for that.
Request engine_request(const SessionContext& context, const Response& response,
                       const KeyAccount& account, bool wants_progress);

}  // namespace octavo
