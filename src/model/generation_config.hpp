// What a model's authors recommend when a request does not say: how to sample, and which tokens end
// a completion.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/model/decoder_spec.hpp"

namespace octavo {

struct GenerationConfig {
  std::vector<TokenId> eos_token_ids;  ///< Those of config.json and generation_config.json, sorted.
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::int32_t> top_k;
  std::optional<double> min_p;
  std::optional<double> repetition_penalty;
  std::optional<std::int32_t> max_new_tokens;
  /// One line for each recommendation that is not followed, for whoever loads the model to log.
  std::vector<std::string> warnings;
};

/// Reads `generation_config.json` in `folder`; a missing file leaves what config.json said. A
/// recommendation that is out of range or that Octavo does not know is left out with a warning: the
/// model can be run without it. Errors: kIo, kInvalidFile for a file that is no JSON and for end
/// tokens that are none.
[[nodiscard]] Result<GenerationConfig> read_generation_config(const std::filesystem::path& folder,
                                                              const DecoderSpec& spec);

}  // namespace octavo
