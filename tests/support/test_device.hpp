// Where the tests with models run: OCTAVO_DEVICE is cuda or cuda:N for a GPU, unset for the CPU;
// OCTAVO_TENSOR_PARALLEL is on how many GPUs.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "src/model/json_file.hpp"
#include "src/model/shard.hpp"
#include "src/runtime/model_executor.hpp"

namespace octavo::testing {

inline int num_test_devices() {
  const char* number = std::getenv("OCTAVO_TENSOR_PARALLEL");
  return number == nullptr ? 1 : std::atoi(number);
}

/// Sets device and number of devices.
inline void use_test_device(ExecutorOptions& options) {
  const char* name = std::getenv("OCTAVO_DEVICE");
  if (name == nullptr || std::string(name) == "cpu") return;
  const std::string text = name;
  const auto colon = text.find(':');
  options.device = {Device::Kind::kCuda,
                    colon == std::string::npos ? 0 : std::stoi(text.substr(colon + 1))};
  options.tensor_parallel_size = num_test_devices();
}

/// False when the model's heads do not divide among the devices of the test.
inline bool fits_test_devices(const std::filesystem::path& model) {
  const auto config = read_json_file(model / "config.json");
  const auto spec = read_decoder_spec(*config);
  return static_cast<bool>(check_shards(*spec, num_test_devices()));
}

}  // namespace octavo::testing
