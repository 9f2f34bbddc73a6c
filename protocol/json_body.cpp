#include "protocol/json_body.hpp"

#include <boost/json/parse.hpp>

namespace octavo {

Result<boost::json::object> parse_json_object(std::string_view text, std::string_view what) {
  boost::json::parse_options options;
  options.max_depth = 32;
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error, {}, options);
  const std::string name(what);
  if (error) return Error{Errc::kInvalidJson, name + " is not valid JSON: " + error.message(), ""};
  if (!value.is_object()) return Error{Errc::kInvalidJson, name + " is not a JSON object", ""};
  return std::move(value.get_object());
}

}  // namespace octavo
