#include "src/app/serve/accept_encoding.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <charconv>
#include <optional>
#include <string>

namespace octavo {
namespace {

namespace http = boost::beast::http;

double weight_of(const http::param_list& params) {
  for (const auto& [name, value] : params) {
    if (!boost::beast::iequals(name, "q")) continue;
    double weight = 0;
    const auto [rest, error] = std::from_chars(value.data(), value.data() + value.size(), weight);
    const bool is_whole = error == std::errc() && rest == value.data() + value.size();
    return is_whole && weight >= 0 && weight <= 1 ? weight : 0;
  }
  return 1;
}

}  // namespace

bool accepts_gzip(const http::fields& fields) {
  std::optional<double> gzip;
  double any = 0;
  const auto [first, last] = fields.equal_range(http::field::accept_encoding);
  for (auto field = first; field != last; ++field) {
    // Beast gives a bare name at the very end the parameters of the name before it.
    const std::string value = std::string(field->value()) + ",";
    for (const auto& [coding, params] : http::ext_list{value}) {
      if (coding == "*") any = weight_of(params);
      if (boost::beast::iequals(coding, "gzip") || boost::beast::iequals(coding, "x-gzip"))
        gzip = weight_of(params);
    }
  }
  return gzip.value_or(any) > 0;
}

}  // namespace octavo
