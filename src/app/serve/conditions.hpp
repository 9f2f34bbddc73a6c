// What a client makes its request depend on (RFC 9110, section 13): that it knows what is there, or
// that it is still what the client knows.
#pragma once

#include <boost/beast/http/fields.hpp>
#include <cstdint>
#include <string_view>

namespace octavo {

enum class Condition : std::uint8_t {
  kHolds,
  kNotModified,  ///< If-None-Match names what is there: 304.
  kFailed,       ///< If-Match does not: 412.
};

/// For a GET or a HEAD of something that has this strong entity tag, in its quotes. If-Match
/// compares strongly and goes first, If-None-Match weakly; a list that is none matches nothing.
Condition condition_of(const boost::beast::http::fields& fields, std::string_view etag);

}  // namespace octavo
