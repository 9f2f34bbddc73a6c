// A request may name its target with the whole address, as to a proxy (RFC 9112, section 3.2.2). To
// the server it is the same as a path and a Host.
#pragma once

#include <boost/beast/http/message.hpp>
#include <optional>

#include "protocol/http_checks.hpp"

namespace octavo {

/// Puts the path of an absolute target in its place, and its host into Host, whatever stands there;
/// any other target stays as it is, and any in a head without exactly one Host, for check_head() to
/// refuse. Answers how a target is refused whose address has no host, or nothing.
std::optional<HttpRefusal> resolve_target(http::request_header<>& head);

}  // namespace octavo
