// Decoder-only transformers differ in a dozen choices. Those choices as a value, read once from
// config.json, so that one decoder runs every family and nothing that changes the mathematics is
// overlooked.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/backend.hpp"
#include "src/core/ids.hpp"
#include "src/core/result.hpp"
#include "src/model/rope_spec.hpp"

namespace octavo {

struct Architecture;

struct DecoderSpec {
  const Architecture* architecture = nullptr;  ///< Never null after reading; static.
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t num_layers = 0;
  std::int64_t num_heads = 0;
  std::int64_t num_kv_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t max_position_embeddings = 0;

  kernels::NormKind norm = kernels::NormKind::kRms;
  float norm_epsilon = 1e-6F;
  kernels::Activation activation = kernels::Activation::kSilu;
  bool gated = true;                 ///< act(gate) * up, or act(up) alone.
  std::optional<RopeSpec> rope;      ///< Without: learned positions.
  std::int64_t position_offset = 0;  ///< Learned positions: rows before position 0.
  bool qk_norm = false;              ///< RMS norm on each query and key head.
  bool qkv_bias = false;
  bool attention_output_bias = false;
  bool mlp_bias = false;
  bool tied_head = false;             ///< The head is the embedding.
  std::vector<std::int64_t> windows;  ///< [num_layers], 0: the layer sees the whole context.

  std::optional<kernels::DType> dtype;  ///< What config.json says the weights are.
  std::vector<TokenId> eos_token_ids;   ///< Those that config.json names.

  std::int64_t query_size() const { return num_heads * head_dim; }
  std::int64_t kv_size() const { return num_kv_heads * head_dim; }
  std::int64_t qkv_size() const { return query_size() + 2 * kv_size(); }
};

/// Errors: kInvalidFile for a value that is missing or out of range; kUnsupportedModel, by name,
/// for an architecture or a setting whose mathematics Octavo does not have.
[[nodiscard]] Result<DecoderSpec> read_decoder_spec(const boost::json::object& config);

/// `value` is one id or a list of ids; null or absent is none. Ids beyond the vocabulary are never
/// sampled and are left out. Faults go to `config`.
std::vector<TokenId> read_token_ids(JsonReader& config, std::string_view key,
                                    std::int64_t vocab_size);

}  // namespace octavo
