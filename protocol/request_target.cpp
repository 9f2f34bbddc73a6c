#include "protocol/request_target.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <string>
#include <string_view>

namespace octavo {

std::optional<HttpRefusal> resolve_target(http::request_header<>& head) {
  const std::string target(head.target());
  const std::size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string::npos) return std::nullopt;
  if (head.count(http::field::host) != 1) return std::nullopt;  // It is refused for that.
  const std::string name = target.substr(0, scheme);
  if (!boost::beast::iequals(name, "http") && !boost::beast::iequals(name, "https"))
    return std::nullopt;
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(target.find_first_of("/?#", begin), target.size());
  if (end == begin) {
    return HttpRefusal{http::status::bad_request, "the target is an address without a host"};
  }
  const std::string path = target.substr(end);
  head.set(http::field::host, target.substr(begin, end - begin));
  head.target(path.starts_with('/') ? path : "/" + path);
  return std::nullopt;
}

}  // namespace octavo
