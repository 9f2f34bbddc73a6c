// What a model's authors recommend when a request does not say: how to sample, and which tokens end
// a completion.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "src/model/decoder_spec.hpp"

namespace octavo {

struct GenerationConfig {
  std::vector<TokenId> eos_token_ids;  ///< Those of config.json and generation_config.json, sorted.
  std::optional<float> temperature;
  std::optional<float> top_p;
  std::optional<std::int32_t> top_k;
  std::optional<float> repetition_penalty;
};

/// Reads `generation_config.json` in `folder`; a missing file leaves what config.json said.
/// Errors: kIo, kInvalidFile.
[[nodiscard]] Result<GenerationConfig> read_generation_config(const std::filesystem::path& folder,
                                                              const DecoderSpec& spec);

}  // namespace octavo
