#include "protocol/json_body.hpp"

#include <boost/json/parse.hpp>

namespace octavo {

Result<boost::json::value> parse_json(std::string_view text, std::string_view what) {
  boost::json::parse_options options;
  options.max_depth = 32;
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error, {}, options);
  if (!error) return value;
  return Error{Errc::kInvalidJson, std::string(what) + " is not valid JSON: " + error.message(),
               ""};
}

Result<boost::json::object> parse_json_object(std::string_view text, std::string_view what) {
  auto value = parse_json(text, what);
  if (!value) return value.error();
  if (!value->is_object())
    return Error{Errc::kInvalidJson, std::string(what) + " is not a JSON object", ""};
  return std::move(value->get_object());
}

}  // namespace octavo
