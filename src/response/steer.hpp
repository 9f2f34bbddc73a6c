// More input for a response while it runs.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "src/core/error.hpp"

namespace octavo {

/// `response.steer`. The event itself is well-formed; what is wrong with its input is in `fault`,
/// because the client gets the input back with it.
struct ResponseSteer {
  std::string previous_response_id;
  boost::json::value given_input;  ///< As it came.
  boost::json::array input;        ///< As in ResponseCreate, user messages only.
  std::string text_input;
  std::optional<Error> fault;
  std::vector<std::string> unknown_fields{};  ///< Ignored; each is worth a line in the log.
};

/// What the client said, and once it is accepted its id.
struct Steer {
  ResponseSteer said;
  std::string id;         ///< Empty before.
  std::string stream_id;  ///< The lane of the response; empty for the default one.
};

}  // namespace octavo
