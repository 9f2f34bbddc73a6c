// Finds the shapes of a plot, as the template gets them.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <vector>

namespace octavo::testing {

/// All shapes of a kind, in order: "rect", "line", "path", "text" or "request".
inline std::vector<boost::json::object> shapes_of(const boost::json::object& plot,
                                                  std::string_view kind) {
  std::vector<boost::json::object> found;
  for (const boost::json::value& shape : plot.at("shapes").as_array()) {
    const auto* value = shape.as_object().if_contains(kind);
    if (value != nullptr) found.push_back(value->as_object());
  }
  return found;
}

inline std::string text_in(const boost::json::object& object, std::string_view key) {
  const boost::json::string& text = object.at(key).as_string();
  return {text.begin(), text.end()};
}

inline double number_in(const boost::json::object& object, std::string_view key) {
  return std::stod(text_in(object, key));
}

/// What the texts of a class say.
inline std::vector<std::string> texts_of(const boost::json::object& plot,
                                         std::string_view classes) {
  std::vector<std::string> texts;
  for (const boost::json::object& text : shapes_of(plot, "text")) {
    if (text_in(text, "class") == classes) texts.push_back(text_in(text, "text"));
  }
  return texts;
}

}  // namespace octavo::testing
