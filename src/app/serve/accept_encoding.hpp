// Which encodings a client takes, as Accept-Encoding says it (RFC 9110, section 12.5.3).
#pragma once

#include <boost/beast/http/fields.hpp>

namespace octavo {

/// Whether `gzip`, or `*` where gzip is not named, has a weight above 0. A weight that is no number
/// between 0 and 1 is none.
bool accepts_gzip(const boost::beast::http::fields& fields);

}  // namespace octavo
