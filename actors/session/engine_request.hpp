// What the engine is told of a response, once its prompt is known.
#pragma once

#include "actors/session/session_context.hpp"

namespace octavo {

/// account: whose it is; wants_progress: its client hears how far the prompt is, whether or not the
/// request asked for that.
Request engine_request(const SessionContext& context, const Response& response,
                       const KeyAccount& account, bool wants_progress);

}  // namespace octavo
