#include "src/replay/run/model_shape.hpp"

#include <utility>

namespace octavo {
namespace {

constexpr std::int64_t kGiB = std::int64_t{1} << 30;

// Measured on one H200: reads at 4.3 TB/s (90 % of its data sheet), cuBLAS bf16 products at 780
// TFLOP/s (79 %), copies of 2 MiB pieces at 52 GB/s, and a step of one sequence that takes 36 to 40
// us a layer beyond its reads.
DeviceShape h200() { return {"H200", 4.3e12, 780e12, 52e9, 38e-6}; }

// The same shares of the data sheet: 1555 GB/s, 312 TFLOP/s, and PCIe 4 at half of PCIe 5.
DeviceShape a100_40gb() { return {"A100-40GB", 1.4e12, 246e12, 26e9, 38e-6}; }

}  // namespace

ModelShape model_shape_of(std::string name, const DecoderSizes& sizes) {
  const std::int64_t attention = sizes.hidden_size * (2 * sizes.query_size + 2 * sizes.kv_size);
  const std::int64_t mlp = sizes.hidden_size * sizes.intermediate_size * (sizes.is_gated ? 3 : 2);
  ModelShape shape;
  shape.name = std::move(name);
  shape.num_layers = sizes.num_layers;
  shape.query_size = sizes.query_size;
  shape.num_matrix_weights =
      sizes.num_layers * (attention + mlp) + sizes.vocab_size * sizes.hidden_size;
  shape.weight_bytes = 2 * shape.num_matrix_weights;
  shape.kv_bytes_per_token = 2 * sizes.num_layers * sizes.kv_size * 2;
  shape.default_kv_bytes = 8 * kGiB;
  shape.device = h200();
  return shape;
}

std::optional<ModelShape> model_shape_named(std::string_view name) {
  if (name == "opt-13b") {
    ModelShape shape = model_shape_of("opt-13b", {50272, 5120, 20480, 40, 5120, 5120, false});
    shape.default_kv_bytes = 12 * kGiB;
    shape.device = a100_40gb();
    return shape;
  }
  if (name == "llama-3-8b")
    return model_shape_of("llama-3-8b", {128256, 4096, 14336, 32, 4096, 1024, true});
  return std::nullopt;
}

}  // namespace octavo
