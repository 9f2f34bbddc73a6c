// The ops between products, each a pass over rows: norms, activations, and the split of the fused
// projection into queries and cache. As compiled for one Highway target.
#pragma once

#include <cstdint>

#include "kernels/operations.hpp"

namespace octavo::kernels::cpu {

struct RowKernels {
  /// Rows [begin, end) of the op.
  void (*norm)(const NormArgs& args, std::int64_t begin, std::int64_t end) = nullptr;
  /// Tokens [begin, end) of the op. scratch: [head_dim]
  void (*split_rotate_write)(const QkvArgs& args, std::int64_t begin, std::int64_t end,
                             float* scratch) = nullptr;
  /// output[i] = act(gate[i]) * up[i]; output [count]
  void (*gated)(Activation kind, const float* gate, const float* up, float* output,
                std::int64_t count) = nullptr;
  void (*activate)(Activation kind, float* values, std::int64_t count) = nullptr;
};

RowKernels row_kernels(std::int64_t target);

}  // namespace octavo::kernels::cpu
