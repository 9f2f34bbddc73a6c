// The functions that a client lets the model call, and whether the model must call one.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace octavo {

struct Tool {
  std::string name;
  std::string description;         ///< Empty: none was given.
  bool has_parameters = false;     ///< Whether the next was given.
  boost::json::object parameters;  ///< A JSON Schema of an object.
  bool is_strict = false;          ///< Its calls must follow the schema.
};

enum class ToolMode : std::uint8_t {
  kAuto,      ///< The model may call.
  kNone,      ///< It may not.
  kRequired,  ///< It must.
};

struct ToolChoice {
  ToolMode mode = ToolMode::kAuto;
  std::vector<std::string> allowed;  ///< Only these may be called; empty: all.

  bool allows(std::string_view name) const {
    if (allowed.empty()) return true;
    for (const std::string& each : allowed) {
      if (each == name) return true;
    }
    return false;
  }
};

}  // namespace octavo
