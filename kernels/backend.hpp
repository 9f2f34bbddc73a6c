// One device behind one face: memory, prepared weights and about a dozen fused ops. Model code is
// written once against this; `cpu/` is the truth and the fast path without a GPU, `cuda/` the same
// on a GPU. Knows nothing of sequences, and of blocks only an array of their indices.
//
// All pointers in argument structs are device pointers (on the CPU: plain memory) of the shape that
// stands beside them, row-major and contiguous. Activations are float32 on the CPU. Ops run in the
// order of the calls; `synchronize` waits. Thread: one caller at a time. A row's result never
// depends on which other rows are in the batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/tensor.hpp"

namespace octavo::kernels {

/// Device memory that frees itself. Zeroed when taken.
class Buffer {
 public:
  Buffer() = default;
  Buffer(void* data, std::size_t bytes, void (*release)(void*, std::size_t))
      : data_(data), bytes_(bytes), release_(release) {}
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer(std::move(other)).swap(*this);
    return *this;
  }
  ~Buffer() {
    if (data_ != nullptr) release_(data_, bytes_);
  }
  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(release_, other.release_);
  }
  void* data() const { return data_; }
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  std::size_t bytes() const { return bytes_; }
  explicit operator bool() const { return data_ != nullptr; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
  void (*release_)(void*, std::size_t) = nullptr;
};

/// A weight [rows, cols] in the order the backend's `linear` likes best. Only the backend that made
/// it reads it.
struct Matrix {
  Buffer storage;
  DType dtype = DType::kF32;
  std::int64_t rows = 0;  ///< Output features.
  std::int64_t cols = 0;  ///< Input features.
  explicit operator bool() const { return static_cast<bool>(storage); }
};

/// Small parameters (norms, biases), float32 on the device.
struct Vector {
  Buffer storage;
  std::int64_t size = 0;
  const float* data() const { return storage.as<const float>(); }
  explicit operator bool() const { return static_cast<bool>(storage); }
};

enum class NormKind : std::uint8_t { kRms, kLayer };
enum class Activation : std::uint8_t { kSilu, kGelu, kGeluTanh, kRelu };

/// output[i] = norm(input[i] + residual[i]); with a residual the sum is written back to `residual`
/// first.
struct NormArgs {
  NormKind kind = NormKind::kRms;
  const float* input = nullptr;   ///< [num_tokens, width]
  float* residual = nullptr;      ///< [num_tokens, width] or null. May alias nothing.
  const float* weight = nullptr;  ///< [width]
  const float* bias = nullptr;    ///< [width] or null
  float weight_offset = 0.0F;     ///< Added to each weight (1 for Gemma's form).
  float epsilon = 1e-5F;
  float* output = nullptr;  ///< [num_tokens, width]; may be `input`.
  std::int64_t num_tokens = 0;
  std::int64_t width = 0;
};

/// Where the keys and values lie: one piece per block, `[num_layers][2][num_kv_heads]` runs of
/// block_size x head_dim elements. Values lie `[block_size][head_dim]`. On the CPU keys lie
/// `[head_dim][block_size]`: a vector of scores takes one dimension of neighbouring tokens.
struct KvCacheView {
  void* data = nullptr;
  DType dtype = DType::kF32;
  std::int64_t num_blocks = 0;
  std::int64_t num_layers = 0;
  std::int64_t num_kv_heads = 0;
  std::int64_t block_size = 0;
  std::int64_t head_dim = 0;
  std::int64_t elements_per_block() const {
    return num_layers * 2 * num_kv_heads * block_size * head_dim;
  }
  std::size_t bytes_per_block() const {
    return static_cast<std::size_t>(elements_per_block()) * size_of(dtype);
  }
};

/// Splits the fused projection, norms query and key heads (where weights are given), rotates them
/// (where a table is given), writes keys and values to their slots, and leaves the queries in
/// `query`.
struct QkvArgs {
  const float* qkv =
      nullptr;  ///< [num_tokens, (num_heads + 2 * num_kv_heads) * head_dim]: queries, keys, values.
  float* query = nullptr;             ///< [num_tokens, num_heads, head_dim]
  const float* query_norm = nullptr;  ///< [head_dim] or null: RMS norm of each head
  const float* key_norm = nullptr;    ///< [head_dim] or null
  float norm_epsilon = 1e-6F;
  const float* cos_sin = nullptr;  ///< [max_positions, head_dim]: rotary_dim/2 cosines, then sines,
                                   ///< per position; or null.
  std::int64_t rotary_dim =
      0;  ///< Leading dimensions of a head that turn (halves, not neighbours, form pairs).
  const std::int32_t* positions = nullptr;  ///< [num_tokens]
  const std::int64_t* slots =
      nullptr;  ///< [num_tokens], block * block_size + offset; -1 writes nothing.
  std::int64_t num_tokens = 0;
  std::int64_t num_heads = 0;
  std::int64_t layer = 0;
  KvCacheView cache;
};

/// Causal attention of every scheduled token over its sequence's blocks; prefill and decode mixed.
struct AttentionArgs {
  const float* query = nullptr;              ///< [num_tokens, num_heads, head_dim]
  float* output = nullptr;                   ///< [num_tokens, num_heads, head_dim]; not `query`.
  const std::int32_t* cu_seqlens = nullptr;  ///< [num_seqs + 1], first 0, last num_tokens
  const std::int32_t* context_lens =
      nullptr;  ///< [num_seqs], tokens visible to the sequence's last token in this step
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

/// How one row of logits becomes a token. Penalties look at token ids; order of the filters: logit
/// bias and penalties, then temperature, top-k (ties at the k-th stay), top-p, min-p, each on the
/// renormalized result of the one before.
struct SampleRow {
  float temperature = 1.0F;  ///< 0: greedy (first of the largest)
  std::int32_t top_k = 0;    ///< 0 or -1: off
  float top_p = 1.0F;
  float min_p = 0.0F;
  float repetition_penalty =
      1.0F;  ///< Over prompt and completion: positive logits divided, others multiplied.
  float presence_penalty = 0.0F;   ///< Over the completion
  float frequency_penalty = 0.0F;  ///< Over the completion
  std::uint64_t seed = 0;
  std::uint64_t position =
      0;  ///< Counter of the generator: the draw depends on (seed, position) alone.
  std::span<const std::int32_t> tokens{};  ///< Prompt and completion so far.
  std::int64_t num_prompt_tokens = 0;
  std::span<const std::pair<std::int32_t, float>> logit_bias{};
  std::span<const std::int32_t> forbidden{};  ///< Never sampled (stop tokens before min_tokens).
  std::int32_t num_logprobs = -1;  ///< -1: none; 0: of the chosen token; k: of the k best as well.
};

struct SampleOutput {
  std::int32_t token = 0;
  float logprob = 0.0F;  ///< Of the raw logits; only where asked for.
  std::vector<std::pair<std::int32_t, float>> top;
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string description() const = 0;  ///< For logs: device, instruction set, threads.

  /// Takes zeroed memory; an empty Buffer when there is not enough.
  virtual Buffer allocate(std::size_t bytes) = 0;
  /// Stacks `parts` by rows (equal cols), converts to `dtype` and lays them out for `linear` and
  /// `embed`.
  virtual Matrix prepare_matrix(std::span<const HostMatrix> parts, DType dtype) = 0;
  /// Concatenates vectors (each [1, size]) as float32.
  virtual Vector prepare_vector(std::span<const HostMatrix> parts) = 0;
  /// A matrix of seeded normal values times `scale`, for benchmarks without a checkpoint.
  virtual Matrix random_matrix(std::int64_t rows, std::int64_t cols, DType dtype,
                               std::uint64_t seed, float scale) = 0;

  /// output[i] = table[ids[i]] (+ positions_table[positions[i] + position_offset]). output:
  /// [num_tokens, table.cols]
  virtual void embed(const Matrix& table, const std::int32_t* ids, const Matrix* position_table,
                     const std::int32_t* positions, std::int64_t position_offset, float* output,
                     std::int64_t num_tokens) = 0;
  virtual void norm(const NormArgs& args) = 0;
  /// output [n, rows] = input [n, cols] x weight^T + bias; with `accumulate` it is added to output.
  /// bias: [rows] or null.
  virtual void linear(const float* input, const Matrix& weight, const float* bias, float* output,
                      std::int64_t n, bool accumulate = false) = 0;
  virtual void split_rotate_write(const QkvArgs& args) = 0;
  virtual void attention(const AttentionArgs& args) = 0;
  /// output [n, width] = act(input[:, :width]) * input[:, width:], input [n, 2 * width].
  virtual void gated_activation(Activation kind, const float* input, float* output, std::int64_t n,
                                std::int64_t width) = 0;
  /// In place, [count].
  virtual void activation(Activation kind, float* values, std::int64_t count) = 0;
  /// output[i] = input[rows[i]], rows of `width`.
  virtual void gather_rows(const float* input, const std::int32_t* rows, float* output,
                           std::int64_t n, std::int64_t width) = 0;
  /// logits [rows.size(), vocab_size], overwritten. outputs[i] belongs to rows[i].
  virtual void sample(float* logits, std::int64_t vocab_size, std::span<const SampleRow> rows,
                      std::span<SampleOutput> outputs) = 0;
  /// Whole blocks within the cache, sources and destinations disjoint.
  virtual void copy_blocks(
      const KvCacheView& cache,
      std::span<const std::pair<std::int32_t, std::int32_t>> source_destination) = 0;
  virtual void synchronize() = 0;
};

/// What the CPU path uses. Empty `instruction_set` picks the best that the machine has.
struct CpuOptions {
  int threads = 0;              ///< 0: all cores that the process may use
  std::string instruction_set;  ///< "", "reference", or a name of Highway's targets (for tests and
                                ///< comparison)
};

/// Null when the machine does not have the instruction set asked for.
std::unique_ptr<Backend> make_cpu_backend(const CpuOptions& options);

/// The names that `CpuOptions::instruction_set` takes on this machine, slowest first.
std::vector<std::string> cpu_instruction_sets();

}  // namespace octavo::kernels
