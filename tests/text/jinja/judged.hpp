// What Octavo makes of a template that Jinja itself has judged.
#pragma once

#include <boost/json/object.hpp>
#include <string>

namespace octavo::testing {

/// {"writes": text}, or {"refuses": "to load" or "to render"} with the fault as "why". The clock of
/// `strftime_now` stands at noon of 2024-07-26.
boost::json::object answer_to(const std::string& source, boost::json::object context);

}  // namespace octavo::testing
