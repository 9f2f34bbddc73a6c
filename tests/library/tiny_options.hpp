// How the tests of this room load a model: the smallest there is, with made-up weights, or the
// demo.
#pragma once

#include <cstdlib>
#include <string>

#include "src/library/model_options.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/tiny_model.hpp"

namespace octavo::testing {

/// Eight blocks of four tokens on one thread.
inline ModelOptions small_options() {
  ModelOptions options;
  options.device = "cpu";
  options.block_size = 4;
  options.num_gpu_blocks_override = 8;
  options.swap_space = 0;
  options.threads = 1;
  return options;
}

/// The tiny llama, which is written into the folder: a vocabulary of 6 and no tokenizer.
inline ModelOptions tiny_options(const TempFolder& folder) {
  folder.write("config.json", tiny_llama_config());
  ModelOptions options = small_options();
  options.model = folder.path();
  options.load_format = "dummy";
  return options;
}

inline std::string demo_model() {
  return std::string(std::getenv("OCTAVO_TESTS_DIR")) + "/../examples/demo-model/model";
}

inline ModelOptions demo_options() {
  ModelOptions options = small_options();
  options.model = demo_model();
  options.num_gpu_blocks_override = 64;
  return options;
}

}  // namespace octavo::testing
