#include "actors/http/request_body.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>

namespace octavo {
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
// A client could send a short body as endless framing. So the bytes that are read may be twice the
// limit of the body and this many more, which lets a short body come in the smallest chunks.
constexpr std::size_t kFreeFraming = std::size_t{64} << 10;

HttpRefusal too_large(std::size_t limit) {
  return {http::status::payload_too_large,
          "the request's body is larger than " + std::to_string(limit) + " bytes"};
}

bool waits_for_continue(const http::request_header<>& head) {
  return head.version() >= 11 && beast::iequals(head[http::field::expect], "100-continue");
}

}  // namespace

std::optional<HttpRefusal> refusal_of(const boost::system::error_code& error) {
  if (error == http::error::header_limit) {
    return HttpRefusal{http::status::request_header_fields_too_large,
                       "the request's head is too large"};
  }
  if (error == http::error::body_limit)
    return HttpRefusal{http::status::payload_too_large, "the request's body is too large"};
  const bool is_end = error == http::error::end_of_stream || error == http::error::partial_message;
  if (is_end || error.category() != http::make_error_code(http::error::end_of_stream).category())
    return std::nullopt;
  return HttpRefusal{http::status::bad_request, "this is not HTTP/1.1: " + error.message()};
}

asio::awaitable<BodyRead> read_body(ClientStream& stream, beast::flat_buffer& buffer,
                                    RequestParser& parser, std::size_t limit) {
  BodyRead read;
  if (parser.content_length().value_or(0) > limit) {
    read.refusal = too_large(limit);
    co_return read;
  }
  auto refuse_extensions = [](std::uint64_t, boost::beast::string_view extensions,
                              boost::system::error_code& error) {
    if (!extensions.empty()) error = http::error::bad_chunk_extension;
  };
  parser.on_chunk_header(refuse_extensions);
  if (!parser.is_done() && waits_for_continue(parser.get().base())) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    auto told = co_await asio::async_write(stream, asio::buffer(kContinue.data(), kContinue.size()),
                                           kTuple);
    if (std::get<0>(told)) co_return read;
  }
  for (std::size_t num_bytes = 0; !parser.is_done();) {
    auto got = co_await http::async_read_some(stream, buffer, parser, kTuple);
    num_bytes += std::get<1>(got);
    if (std::get<0>(got)) {
      const bool is_full = std::get<0>(got) == http::error::buffer_overflow;
      read.refusal = is_full ? HttpRefusal{http::status::bad_request, "a chunk's head is too long"}
                             : refusal_of(std::get<0>(got));
      co_return read;
    }
    const std::size_t size = parser.get().body().size();
    if (size > limit || num_bytes > 2 * limit + kFreeFraming) {
      read.refusal = too_large(limit);
      co_return read;
    }
  }
  read.is_whole = true;
  co_return read;
}

}  // namespace octavo
