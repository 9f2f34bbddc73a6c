// Where the tests with models run: OCTAVO_DEVICE is cuda or cuda:N for a GPU, unset for the CPU.
#pragma once

#include <cstdlib>
#include <string>

#include "src/runtime/model_runner.hpp"

namespace octavo::test {

inline Device test_device() {
  const char* name = std::getenv("OCTAVO_DEVICE");
  if (name == nullptr || std::string(name) == "cpu") return {};
  const std::string text = name;
  const auto colon = text.find(':');
  return {Device::Kind::kCuda, colon == std::string::npos ? 0 : std::stoi(text.substr(colon + 1))};
}

}  // namespace octavo::test
