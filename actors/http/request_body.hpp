// Reads the body of a request within bounds: of its length, of the bytes that its framing may cost
// beside, and of time. Chunk extensions are refused and trailers are not believed, for parties on
// the way read both differently.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "actors/transport/client_stream.hpp"
#include "protocol/http_checks.hpp"

namespace octavo {

using RequestParser = http::request_parser<http::string_body>;

/// Beast could not read a request. Answers how the client is refused, or nothing when the client
/// has closed the connection and nobody would receive an answer.
std::optional<HttpRefusal> refusal_of(const boost::system::error_code& error);

struct BodyRead {
  bool is_whole = false;
  std::optional<HttpRefusal> refusal{};  ///< Nothing when the client has gone.
};

/// parser: has the head. Tells a client that waits for it to go on (100 Continue). The body may
/// have `limit` bytes. The stream's time limit holds. All that is given outlives the coroutine.
asio::awaitable<BodyRead> read_body(ClientStream& stream, beast::flat_buffer& buffer,
                                    RequestParser& parser, std::size_t limit);

}  // namespace octavo
