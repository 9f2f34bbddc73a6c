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

struct Weights {
  std::optional<double> gzip;
  std::optional<double> identity;
  std::optional<double> any;

  double of_gzip() const { return gzip.value_or(any.value_or(0)); }
  // Everybody takes it who does not say otherwise.
  double of_identity() const { return identity.value_or(any.value_or(1) > 0 ? 1 : 0); }
};

Weights weights_in(const http::fields& fields) {
  Weights weights;
  const auto [first, last] = fields.equal_range(http::field::accept_encoding);
  for (auto field = first; field != last; ++field) {
    // Beast gives a bare name at the very end the parameters of the name before it.
    const std::string value = std::string(field->value()) + ",";
    for (const auto& [coding, params] : http::ext_list{value}) {
      if (coding == "*") weights.any = weight_of(params);
      if (boost::beast::iequals(coding, "identity")) weights.identity = weight_of(params);
      if (boost::beast::iequals(coding, "gzip") || boost::beast::iequals(coding, "x-gzip"))
        weights.gzip = weight_of(params);
    }
  }
  return weights;
}

}  // namespace

std::optional<Coding> coding_for(const http::fields& fields) {
  const Weights weights = weights_in(fields);
  const bool prefers_identity = weights.identity && *weights.identity > weights.of_gzip();
  if (weights.of_gzip() > 0 && !prefers_identity) return Coding::kGzip;
  if (weights.of_identity() > 0) return Coding::kIdentity;
  return std::nullopt;
}

bool accepts_identity(const http::fields& fields) { return weights_in(fields).of_identity() > 0; }

}  // namespace octavo
