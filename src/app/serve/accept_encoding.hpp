// Which encodings a client takes, as Accept-Encoding says it (RFC 9110, section 12.5.3).
#pragma once

#include <boost/beast/http/fields.hpp>
#include <cstdint>
#include <optional>

namespace octavo {

enum class Coding : std::uint8_t { kIdentity, kGzip };

/// In which of the two a client wants something that there is in both; nothing where it takes
/// neither. `*` stands for whatever is not named. gzip is preferred, unless identity is named with
/// a higher weight. A weight that is no number between 0 and 1 is 0.
std::optional<Coding> coding_for(const boost::beast::http::fields& fields);
/// Whether a client takes something that there is without a coding alone.
bool accepts_identity(const boost::beast::http::fields& fields);

}  // namespace octavo
