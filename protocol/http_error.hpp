// A refusal as an HTTP answer, the same whether a request, an upgrade or a route is refused.
#pragma once

#include "protocol/http_checks.hpp"
#include "protocol/http_reply.hpp"
#include "src/core/error.hpp"

namespace octavo {

/// The answer with its body and the header fields that belong to the status: a 401 says by which
/// scheme to come again (RFC 9110, section 15.5.2).
HttpReply refusal_response(const HttpRefusal& refusal);

/// Makes the answer say what went wrong: the status that belongs to the error's code, its body, and
/// when to come again where it is worth it.
void set_error(const Error& error, HttpReply& reply);
/// An answer that says it.
HttpReply error_reply(const Error& error);

}  // namespace octavo
