// The smallest checkpoints that load: for tests that break one thing at a time.
#pragma once

#include <string>
#include <vector>

#include "tests/support/temp_folder.hpp"

namespace octavo::testing {

/// A llama of vocabulary 6, width 4, one layer, two heads of 2 over one, feed-forward 3; untied.
std::string tiny_llama_config();
std::vector<TestTensor> tiny_llama_tensors();
/// The same sizes as a GPT-2: learned positions, fused projections, biases, tied.
std::string tiny_gpt2_config();
std::vector<TestTensor> tiny_gpt2_tensors();

}  // namespace octavo::testing
