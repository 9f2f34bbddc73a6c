// What of a model and its device decides how long a step takes and how much memory a token needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace octavo {

/// A device, by the rates that it sustains rather than those of its data sheet.
struct DeviceShape {
  std::string name;
  double bytes_per_s = 0;       ///< Reads of memory.
  double flops_per_s = 0;       ///< 16-bit matrix products.
  double host_bytes_per_s = 0;  ///< Copies to or from the host, each way.
  double layer_overhead_s = 0;  ///< Starts and tails of the kernels of one layer.
};

struct ModelShape {
  std::string name;
  std::int64_t num_layers = 0;
  std::int64_t query_size = 0;          ///< Heads times head dimension.
  std::int64_t num_matrix_weights = 0;  ///< In all matrices that every token is multiplied with.
  std::int64_t weight_bytes = 0;        ///< Read once a step.
  std::int64_t kv_bytes_per_token = 0;
  std::int64_t default_kv_bytes = 0;  ///< Memory for keys and values, when not given.
  DeviceShape device;
};

/// "opt-13b" (on one A100 of 40 GB, as in the PagedAttention paper) or "llama-3-8b" (on one H200).
std::optional<ModelShape> model_shape_named(std::string_view name);

/// The sizes that config.json gives of a decoder.
struct DecoderSizes {
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t num_layers = 0;
  std::int64_t query_size = 0;
  std::int64_t kv_size = 0;
  bool is_gated = true;
};

/// 16-bit weights, keys and values, on one H200.
ModelShape model_shape_of(std::string name, const DecoderSizes& sizes);

}  // namespace octavo
