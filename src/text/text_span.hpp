// A prompt is written by two hands, the template's and the user's; only the first may steer.
#pragma once

#include <string>

namespace octavo {

struct TextSpan {
  std::string text;
  bool trusted = false;  ///< Written by the template: control tokens are recognised only there.
  friend bool operator==(const TextSpan&, const TextSpan&) = default;
};

}  // namespace octavo
