// A client's name for what it does across servers: `traceparent` of W3C Trace Context, section 3.2.
// Octavo keeps the id of the trace and says it in its log, so that a request is found there.
#pragma once

#include <boost/beast/http/fields.hpp>
#include <string>
#include <string_view>

namespace octavo {

/// The trace id, 32 hexadecimal digits. Empty for a header that is none, as the standard asks.
std::string trace_id_of(std::string_view traceparent);
std::string trace_id_of(const boost::beast::http::fields& head);

}  // namespace octavo
