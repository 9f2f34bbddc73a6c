// Rotary positions turn each pair of a head's dimensions at its own speed; checkpoints stretch
// those speeds in four ways to reach beyond their first training length. What config.json says
// about it, and the table of cosines and sines that follows.
#pragma once

#include <cstdint>
#include <vector>

#include "src/core/json_reader.hpp"

namespace octavo {

enum class RopeKind : std::uint8_t { kDefault, kLinear, kLlama3, kYarn };

struct RopeSpec {
  RopeKind kind = RopeKind::kDefault;
  double theta = 10000.0;
  double factor = 1.0;                 ///< linear, llama3, yarn
  double low_freq_factor = 1.0;        ///< llama3
  double high_freq_factor = 4.0;       ///< llama3
  double original_max_position = 0.0;  ///< llama3, yarn: the length trained first
  double beta_fast = 32.0;             ///< yarn
  double beta_slow = 1.0;              ///< yarn
  double attention_factor = 1.0;       ///< On cosine and sine; yarn's correction of temperature.
  bool truncate = true;                ///< yarn: whole dimensions bound the ramp.
};

/// Reads `rope_parameters` (transformers 5) or `rope_theta` with `rope_scaling`. Where two of them
/// meet it chooses as transformers does: people add YaRN in the older form to a file of the newer,
/// so a `rope_scaling` that says something replaces all of `rope_parameters`; and `rope_theta`
/// within the object goes before the one beside it. Faults go to `config`: kUnsupportedModel for a
/// type or key that is not known, by its name; kInvalidFile for two trained lengths that differ.
/// Source: transformers, RotaryEmbeddingConfigMixin.
RopeSpec read_rope_spec(JsonReader& config, std::int64_t max_position_embeddings);

/// Angles per position: [rotary_dim / 2], radians. rotary_dim is even.
/// Source: transformers, modeling_rope_utils.py; YaRN: Peng et al. 2023, section 3.2.
std::vector<float> inverse_frequencies(const RopeSpec& spec, std::int64_t rotary_dim);

/// [num_positions, rotary_dim], float32: rotary_dim / 2 cosines, then as many sines.
std::vector<float> cos_sin_table(const RopeSpec& spec, std::int64_t rotary_dim,
                                 std::int64_t num_positions);

}  // namespace octavo
