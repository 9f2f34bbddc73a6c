// A promise of the server that a simulated day has found broken.
#pragma once

#include <stdexcept>
#include <string>

namespace octavo::testing {

struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void hold(bool promise, const std::string& otherwise) {
  if (!promise) throw Broken(otherwise);
}

}  // namespace octavo::testing
