// A browser sends the request of a page from another origin, but gives the page the answer only
// where the answer's head allows that origin (the Fetch standard, section 3.2). These functions
// write that head for the origins that the operator has allowed.
#pragma once

#include "protocol/http_checks.hpp"

namespace octavo {

/// Names the request's origin in the answer when the policy's list allows it. Answers that depend
/// on the origin say so to caches.
void allow_origin(const http::request_header<>& request, const HttpPolicy& policy,
                  http::response_header<>& response);

/// The answer to OPTIONS, which browsers send before a request with a key: methods and header
/// fields. Needs no key itself, for browsers send none with it.
void allow_methods(const http::request_header<>& request, const HttpPolicy& policy,
                   std::string_view methods, http::response_header<>& response);

}  // namespace octavo
