// One device behind one face: memory, prepared weights and about a dozen fused ops. Model code is
// written once against this; `cpu/` is the truth and the fast path without a GPU, `cuda/` the same
// on a GPU. Knows nothing of sequences, and of blocks only an array of their indices.
//
// All pointers in argument structs are device pointers (on the CPU: plain memory) of the shape that
// stands beside them, row-major and contiguous. What a layer hands to the next op is an
// *activation*: `void*`, elements of the backend's own `activation_dtype` (float32 on the CPU). The
// residual stream and logits are float32 everywhere. Ops run in the order of the calls, perhaps
// after the call has returned: `submit` ends a step and `wait` waits for it. Thread: one caller at
// a time, `wait` any. On the CPU a row's result never depends on which other rows are in the batch;
// on a GPU that holds for every op but `linear`, where the library chooses by the number of rows.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
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
  Buffer scales{};        ///< [rows] float32: the elements are 8-bit floats (e4m3), times these.
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

/// output[i] = norm(residual[i] + input[i]); the sum is written back to `residual` first. With
/// `rows`, output[i] is of row rows[i], and nothing is written back.
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

/// Where the keys and values lie: one piece per block, `[num_layers][2][num_kv_heads]` runs of
/// block_size x head_dim elements. Values lie `[block_size][head_dim]`, on a GPU keys as well. On
/// the CPU keys lie `[head_dim][block_size]`: a vector of scores takes one dimension of
/// neighbouring tokens.
///
/// 8-bit elements (kF8) have a scale for each token and head, made when they are written, so that
/// they depend on nothing but themselves: a power of two, which costs no precision, as its biased
/// exponent in a byte (e8m0 of "OCP Microscaling Formats", 2023). Scales lie behind a block's runs,
/// `[num_layers][2][num_kv_heads][block_size]`, filled up to whole rows of head_dim bytes.
struct KvCacheView {
  void* data = nullptr;
  DType dtype = DType::kF32;
  std::int64_t num_blocks = 0;
  std::int64_t num_layers = 0;
  std::int64_t num_kv_heads = 0;
  std::int64_t block_size = 0;
  std::int64_t head_dim = 0;
  /// Keys and values of one head and token.
  constexpr std::int64_t rows_per_block() const {
    return num_layers * 2 * num_kv_heads * block_size;
  }
  /// From one block to the next; more than the keys and values where there are scales.
  constexpr std::int64_t elements_per_block() const {
    const std::int64_t scale_rows =
        dtype == DType::kF8 ? (rows_per_block() + head_dim - 1) / head_dim : 0;
    return (rows_per_block() + scale_rows) * head_dim;
  }
  constexpr std::size_t bytes_per_block() const {
    return static_cast<std::size_t>(elements_per_block()) * size_of(dtype);
  }
};

/// Splits the fused projection, norms query and key heads (where weights are given), rotates them
/// (where a table is given), writes keys and values to their slots, and leaves the queries in
/// `query`.
struct QkvArgs {
  const void* qkv = nullptr;          ///< Activations [num_tokens, (num_heads + 2 * num_kv_heads) *
                                      ///< head_dim]: queries, keys, values.
  void* query = nullptr;              ///< Activations [num_tokens, num_heads, head_dim]
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

/// One step, flat; contiguous. Its arrays are the host's until `Backend::place` has put them where
/// ops can read them.
struct StepInputs {
  /// [num_tokens]; -1 - i stands for the token that row i of the step before sampled.
  const std::int32_t* token_ids = nullptr;
  const std::int32_t* positions = nullptr;     ///< [num_tokens]
  const std::int64_t* slots = nullptr;         ///< [num_tokens]
  const std::int32_t* cu_seqlens = nullptr;    ///< [num_seqs + 1], first 0, last num_tokens
  const std::int32_t* context_lens = nullptr;  ///< [num_seqs]
  const std::int32_t* cu_blocks = nullptr;     ///< [num_seqs + 1]
  const std::int32_t* block_tables = nullptr;  ///< [cu_blocks[num_seqs]]
  const std::int32_t* logits_rows = nullptr;   ///< [num_logits], rows of the step's tokens
  std::int64_t num_tokens = 0;
  std::int64_t num_seqs = 0;
  std::int64_t num_logits = 0;
};

/// Causal attention of every scheduled token over its sequence's blocks; prefill and decode mixed.
struct AttentionArgs {
  const void* query = nullptr;  ///< Activations [num_tokens, num_heads, head_dim]
  void* output = nullptr;       ///< Activations [num_tokens, num_heads, head_dim]; not `query`.
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

/// A row whose temperature is below this takes its largest logit.
inline constexpr float kGreedyBelow = 1e-5F;

/// How one row of logits becomes a token. Penalties look at token ids; order of the filters: logit
/// bias and penalties, then temperature, top-k (ties at the k-th stay), top-p, min-p, each on the
/// renormalized result of the one before.
struct SampleRow {
  float temperature = 1.0F;  ///< Below kGreedyBelow: greedy, the first of the largest.
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
  /// Prompt and completion so far; -1 - i stands for what row i of the sample before chose.
  std::span<const std::int32_t> tokens{};
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

/// Names a submitted step. They count up.
using StepTicket = std::uint64_t;
/// Names a movement of blocks between the tiers.
using CopyTicket = std::uint64_t;

enum class CopyDirection : std::uint8_t { kToHost, kToDevice };

/// When a device did something, on the host's clock.
struct DeviceSpan {
  std::chrono::steady_clock::time_point begin{};
  std::chrono::steady_clock::time_point end{};
  std::chrono::nanoseconds length() const { return end - begin; }
};

struct DeviceMemory {
  std::size_t total_bytes = 0;
  std::size_t free_bytes = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string description() const = 0;  ///< For logs: device, instruction set, threads.
  virtual DType activation_dtype() const = 0;
  /// Whether ops may still run when their calls have returned.
  virtual bool is_asynchronous() const { return false; }
  virtual DeviceMemory memory() const = 0;

  /// Takes zeroed memory; an empty Buffer when there is not enough.
  virtual Buffer allocate(std::size_t bytes) = 0;
  /// Host memory that `copy_blocks_between` reaches at the link's speed; empty when there is not
  /// enough.
  virtual Buffer allocate_host(std::size_t bytes) = 0;
  /// Stacks `parts` by rows (equal cols), converts to `dtype` and lays them out for `linear` and
  /// `embed`.
  virtual Matrix prepare_matrix(std::span<const HostMatrix> parts, DType dtype) = 0;
  /// The same matrix for `linear` in half the bytes: 8-bit floats, each row with a scale of its
  /// own. As it came where its shape does not allow that; empty when there is not enough memory.
  /// Only where `can_quantize`.
  virtual Matrix quantize(Matrix matrix) { return matrix; }
  virtual bool can_quantize() const { return false; }
  /// Concatenates vectors (each [1, size]) as float32.
  virtual Vector prepare_vector(std::span<const HostMatrix> parts) = 0;
  /// A matrix of seeded normal values times `scale`, for benchmarks without a checkpoint.
  virtual Matrix random_matrix(std::int64_t rows, std::int64_t cols, DType dtype,
                               std::uint64_t seed, float scale) = 0;

  /// Puts a step's arrays where the ops of that step read them; the answer may have more tokens,
  /// sequences and logits than asked for: padding that writes nothing that is read. Begins a step:
  /// the answer is valid until the next call, also for ops that run later.
  virtual StepInputs place(const StepInputs& host) = 0;
  /// Calls `ops`, which enqueue the forward pass of the step that `place` began; a backend may
  /// record what they enqueue and replay that for a later step of the same shape. So `ops` must do
  /// the same for equal `num_tokens`, `num_seqs` and `num_logits` of the placed inputs.
  virtual void run_forward(const std::function<void()>& ops) { ops(); }

  /// output[i] = table[ids[i]] (+ positions_table[positions[i] + position_offset]). output:
  /// [num_tokens, table.cols]. ids as `StepInputs::token_ids`.
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

  /// Says how the step's logits become tokens; copied. Before `sample`, once per step.
  virtual void stage_samples(std::span<const SampleRow> rows) = 0;
  /// logits [n, vocab_size], overwritten; row i by staged row i, rows beyond those to no effect.
  virtual void sample(float* logits, std::int64_t vocab_size, std::int64_t n) = 0;
  /// Copies device memory to the host, and waits for that.
  virtual void read(const void* device, void* host, std::size_t bytes) = 0;

  /// Whole blocks within the cache, sources and destinations disjoint.
  virtual void copy_blocks(
      const KvCacheView& cache,
      std::span<const std::pair<std::int32_t, std::int32_t>> source_destination) = 0;
  /// Whole blocks between the cache and `host`, memory of `allocate_host` with the same layout:
  /// after what was enqueued before, beside what is enqueued later. Nothing may write the sources
  /// or touch the destinations until `is_copied`.
  virtual CopyTicket copy_blocks_between(
      CopyDirection direction, const KvCacheView& cache, void* host,
      std::span<const std::pair<std::int32_t, std::int32_t>> source_destination) = 0;
  /// Thread: the caller of the ops.
  virtual bool is_copied(CopyTicket ticket) = 0;
  /// Blocks until `is_copied`. Thread: any.
  virtual void wait_copied(CopyTicket ticket) = 0;
  /// When an ended copy ran.
  virtual DeviceSpan copied_span(CopyTicket ticket) = 0;

  /// Ends the step: its samples are on their way to the host.
  virtual StepTicket submit() = 0;
  /// Blocks until the step has ended. False when the device has failed, see `fault`. Thread: any.
  virtual bool wait(StepTicket ticket) = 0;
  /// What `sample` chose in an ended step, for its first outputs.size() rows; the last few steps
  /// are kept. When the device worked on the step.
  virtual DeviceSpan results(StepTicket ticket, std::span<SampleOutput> outputs) = 0;
  /// Why the device can do no more; empty: all is well. Thread: any.
  virtual std::string fault() const { return {}; }
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

/// GPUs of one host that share a model.
class CudaGroup;

/// Null, with the reason in `why`, when these devices cannot work together. Each of its members
/// must have a thread of its own.
std::shared_ptr<CudaGroup> make_cuda_group(const std::vector<int>& devices, std::string* why);

/// How a GPU is used.
struct CudaOptions {
  int device = 0;                       ///< CUDA's ordinal.
  std::shared_ptr<CudaGroup> group;     ///< Of the devices that share a model; null: one alone.
  int rank = 0;                         ///< In the group.
  DType dtype = DType::kBF16;           ///< Of activations: that of the matrices.
  std::int64_t max_tokens = 0;          ///< Of one step.
  std::int64_t max_seqs = 0;            ///< Of one step.
  std::int64_t max_context_tokens = 0;  ///< Of all sequences of one step together, about.
  std::int64_t vocab_size = 0;
  std::chrono::milliseconds step_timeout{60000};  ///< A step that takes longer never comes back.
};

/// A GPU that can be used.
struct CudaDevice {
  int ordinal = 0;
  std::string name;
  DeviceMemory memory;
};

/// Those present; empty, with the reason in `why` (may be null), when the build or the machine has
/// none.
std::vector<CudaDevice> cuda_devices(std::string* why);

/// Null, with the reason in `why`, when that device cannot be used.
std::unique_ptr<Backend> make_cuda_backend(const CudaOptions& options, std::string* why);

}  // namespace octavo::kernels
