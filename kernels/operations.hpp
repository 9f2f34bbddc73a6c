// The mathematics of a forward pass: about a dozen fused operations on arrays of a device.
//
// All pointers in argument structs are device pointers (on the CPU: plain memory) of the shape that
// stands beside them, row-major and contiguous. What a layer hands to the next operation is an
// *activation*: `void*`, elements of the backend's own `activation_dtype` (float32 on the CPU). The
// residual stream and logits are float32 everywhere.
//
// Operations run in the order of the calls, perhaps after the call has returned. On the CPU a row's
// result never depends on which other rows are in the batch; on a GPU that holds for every
// operation but `linear`, where the kernel is chosen by the number of rows.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "kernels/kv_cache_view.hpp"
#include "kernels/storage.hpp"
#include "kernels/tensor.hpp"

namespace octavo::kernels {

enum class NormKind : std::uint8_t { kRms, kLayer };
enum class Activation : std::uint8_t { kSilu, kGelu, kGeluTanh, kRelu };

/// output[i] = norm(residual[i] + input[i]); the sum is written back to `residual` first. With
/// `rows`, output[i] belongs to row rows[i], and nothing is written back.
struct NormArgs {
  NormKind kind = NormKind::kRms;
  const void* input = nullptr;  ///< Activations [num_rows, width], or null: nothing is added.
  float* residual = nullptr;    ///< [num_rows, width]. May alias nothing.
  const std::int32_t* rows = nullptr;  ///< [num_tokens] or null: rows in order.
  const float* weight = nullptr;       ///< [width]
  const float* bias = nullptr;         ///< [width] or null
  float weight_offset = 0.0F;          ///< Added to each weight (1 for Gemma's form).
  float epsilon = 1e-5F;
  void* output =
      nullptr;  ///< Activations [num_tokens, width]; may be `input` unless `rows` is set.
  std::int64_t num_tokens = 0;
  std::int64_t width = 0;
};

/// Splits the fused projection, norms query and key heads (where weights are given), rotates them
/// (where a table is given), writes keys and values to their slots, and leaves the queries in
/// `query`.
struct QkvArgs {
  /// Activations [num_tokens, (num_heads + 2 * num_kv_heads) * head_dim]: queries, keys, values.
  const void* qkv = nullptr;
  void* query = nullptr;              ///< Activations [num_tokens, num_heads, head_dim]
  const float* query_norm = nullptr;  ///< [head_dim] or null: RMS norm of each head
  const float* key_norm = nullptr;    ///< [head_dim] or null
  float norm_epsilon = 1e-6F;
  /// [max_positions, head_dim]: rotary_dim / 2 cosines, then sines, per position; or null.
  const float* cos_sin = nullptr;
  /// Leading dimensions of a head that turn (halves, not neighbours, form pairs).
  std::int64_t rotary_dim = 0;
  const std::int32_t* positions = nullptr;  ///< [num_tokens]
  /// [num_tokens], block * block_size + offset; -1 writes nothing.
  const std::int64_t* slots = nullptr;
  std::int64_t num_tokens = 0;
  std::int64_t num_heads = 0;
  std::int64_t layer = 0;
  KvCacheView cache;
};

/// Causal attention of every scheduled token over its sequence's blocks; prefill and decode mixed.
struct AttentionArgs {
  const void* query = nullptr;  ///< Activations [num_tokens, num_heads, head_dim]
  void* output = nullptr;       ///< Activations [num_tokens, num_heads, head_dim]; not `query`.
  const std::int32_t* cu_seqlens = nullptr;  ///< [num_seqs + 1], first 0, last num_tokens
  /// [num_seqs], tokens visible to the sequence's last token in this step
  const std::int32_t* context_lens = nullptr;
  const std::int32_t* cu_blocks = nullptr;     ///< [num_seqs + 1]
  const std::int32_t* block_tables = nullptr;  ///< [cu_blocks[num_seqs]], end to end
  std::int64_t num_seqs = 0;
  std::int64_t num_heads = 0;
  std::int64_t layer = 0;
  std::int64_t sliding_window = 0;  ///< 0: none; w: a token sees itself and the w - 1 before it.
  float scale = 1.0F;
  float soft_cap = 0.0F;  ///< 0: none; c: logits become c * tanh(logits / c).
  KvCacheView cache;
};

/// Thread: one caller at a time.
class Operations {
 public:
  virtual ~Operations() = default;

  virtual DType activation_dtype() const = 0;

  /// output[i] = table[ids[i]] (+ positions_table[positions[i] + position_offset]). output:
  /// [num_tokens, table.cols]. ids: as `StepInputs::token_ids`.
  virtual void embed(const Matrix& table, const std::int32_t* ids, const Matrix* position_table,
                     const std::int32_t* positions, std::int64_t position_offset, float* output,
                     std::int64_t num_tokens) = 0;
  virtual void norm(const NormArgs& args) = 0;
  /// output [n, rows] = input [n, cols] x weight^T + bias, both activations. bias: [rows] or null.
  virtual void linear(const void* input, const Matrix& weight, const float* bias, void* output,
                      std::int64_t n) = 0;
  /// The same without a bias into float32: logits.
  virtual void head(const void* input, const Matrix& weight, float* output, std::int64_t n) = 0;
  /// Activations [count] become their sum over the devices that share a model; in place.
  virtual void all_reduce(void*, std::int64_t) {}
  /// full [n, devices * cols]: columns [rank * cols, (rank + 1) * cols) are that device's `own`
  /// [n, cols].
  virtual void all_gather_columns(const float*, float*, std::int64_t, std::int64_t) {}
  virtual void split_rotate_write(const QkvArgs& args) = 0;
  virtual void attention(const AttentionArgs& args) = 0;
  /// output [n, width] = act(input[:, :width]) * input[:, width:], input [n, 2 * width]:
  /// activations.
  virtual void gated_activation(Activation kind, const void* input, void* output, std::int64_t n,
                                std::int64_t width) = 0;
  /// Activations in place, [count].
  virtual void activation(Activation kind, void* values, std::int64_t count) = 0;
  /// What `linear` writes, activated: output [n, rows], or, gated, [n, rows / 2]. `projected`:
  /// room for [n, rows]; without a gate it may be `output`.
  virtual void activated_linear(const void* input, const Matrix& weight, const float* bias,
                                Activation kind, bool is_gated, void* projected, void* output,
                                std::int64_t n) {
    linear(input, weight, bias, is_gated ? projected : output, n);
    if (is_gated)
      gated_activation(kind, projected, output, n, weight.rows / 2);
    else
      activation(kind, output, n * weight.rows);
  }
  /// logits [n, vocab_size], overwritten; row i by row i of `Steps::stage_samples`, rows beyond
  /// those to no effect.
  virtual void sample(float* logits, std::int64_t vocab_size, std::int64_t n) = 0;
  /// Whole blocks within the cache, sources and destinations disjoint.
  virtual void copy_blocks(
      const KvCacheView& cache,
      std::span<const std::pair<std::int32_t, std::int32_t>> source_destination) = 0;
};

}  // namespace octavo::kernels
