#include "kernels/cuda/cuda_backend.hpp"

#include <algorithm>

#include "kernels/cuda/attention/attention.hpp"
#include "kernels/cuda/rows/convert.hpp"
#include "kernels/cuda/rows/rows.hpp"
#include "kernels/host/container_limits.hpp"

namespace octavo::kernels::cuda {
namespace {

// A mask of a large vocabulary takes some ten microseconds, a step of a small model a few
// milliseconds: with so many threads those of a hundred sequences are hidden.
constexpr int kHostThreads = 8;

LinearArgs product(const void* input, const Matrix& weight, const float* bias, void* output,
                   DType output_dtype, std::int64_t n) {
  return {.input = input,
          .weight = weight.storage.data(),
          .bias = bias,
          .output = output,
          .dtype = weight.dtype,
          .output_dtype = output_dtype,
          .n = n,
          .rows = weight.rows,
          .cols = weight.cols};
}

void free_device(void* data, std::size_t) { cudaFree(data); }
void free_host(void* data, std::size_t) { cudaFreeHost(data); }

}  // namespace

CudaBackend::CudaBackend(const CudaOptions& options, std::string description)
    : options_(options),
      description_(std::move(description)),
      max_rows_(std::max(options.max_seqs, options.max_logits)),
      clock_(stream_),
      linear_(stream_),
      arrays_(options),
      pairs_(4096),
      sample_memory_(Memory::Place::kDevice, sample_workspace_bytes(max_rows_, options.vocab_size)),
      sample_outputs_(Memory::Place::kDevice, host_copy_bytes<DeviceSampleOutput>(max_rows_)),
      sampled_(Memory::Place::kDevice, host_copy_bytes<std::int32_t>(max_rows_)),
      choices_(Memory::Place::kDevice, host_copy_bytes<std::int32_t>(max_rows_)),
      steps_(max_rows_) {
  if (options.group != nullptr) {
    gathered_ = Memory(Memory::Place::kDevice,
                       static_cast<std::size_t>(max_rows_ * options.vocab_size) * sizeof(float));
  }
  if (sampled_.data() != nullptr)
    OCTAVO_CUDA(cudaMemsetAsync(sampled_.data(), 0, sampled_.bytes(), stream_));
}

CudaBackend::~CudaBackend() { cudaStreamSynchronize(stream_); }

DeviceMemory CudaBackend::memory() const {
  use_device(options_.device);
  DeviceMemory memory;
  OCTAVO_CUDA(cudaMemGetInfo(&memory.free_bytes, &memory.total_bytes));
  return memory;
}

Buffer CudaBackend::allocate_for_overwrite(std::size_t bytes) {
  use_device(options_.device);
  void* data = nullptr;
  if (bytes == 0 || cudaMalloc(&data, bytes) != cudaSuccess) {
    cudaGetLastError();  // Not enough is an answer, no failure.
    return {};
  }
  return {data, bytes, free_device};
}

Buffer CudaBackend::allocate(std::size_t bytes) {
  Buffer buffer = allocate_for_overwrite(bytes);
  if (buffer) OCTAVO_CUDA(cudaMemsetAsync(buffer.data(), 0, bytes, stream_));
  return buffer;
}

Buffer CudaBackend::allocate_host(std::size_t bytes) {
  use_device(options_.device);
  void* data = nullptr;
  if (bytes == 0 || cudaMallocHost(&data, bytes) != cudaSuccess) {
    cudaGetLastError();
    return {};
  }
  return {data, bytes, free_host};
}

// Steps of one token a sequence, each of which samples.
std::int64_t CudaBackend::rows_to_record(const StepInputs& host) const {
  if (host.num_tokens != host.num_seqs || host.num_logits != host.num_seqs) return 0;
  const std::int64_t rows = padded_rows(host.num_seqs);
  return std::min({rows, options_.max_seqs, options_.max_tokens});
}

StepInputs CudaBackend::place(const StepInputs& host) {
  use_device(options_.device);
  bulk_upload_.reset();
  clock_.keep_up(stream_);
  num_sampled_ = 0;
  recorded_rows_ = rows_to_record(host);
  has_begun_ = is_staged_ = false;
  const StepInputs placed = arrays_.place(host, recorded_rows_);
  if (arrays_.attention_plan().num_prefill_tiles > 0) recorded_rows_ = 0;
  return placed;
}

void CudaBackend::stage_samples(std::span<const SampleRow> rows) {
  arrays_.stage_samples(rows);
  is_staged_ = true;
  send_arrays();
}

void CudaBackend::send_arrays() {
  arrays_.send(stream_);
  if (!std::exchange(has_begun_, true)) steps_.begin(stream_);
  if (!arrays_.take_moved()) return;
  recorded_.clear();
  recorded_forwards_.clear();
}

void CudaBackend::run_forward(const std::function<void()>& ops) {
  if (!has_begun_) send_arrays();
  if (recorded_rows_ == 0) return ops();
  if (!is_staged_) return recorded_forwards_.run(recorded_rows_, stream_, ops);
  recorded_.run(recorded_rows_, stream_, ops);
  num_sampled_ = recorded_rows_;
}

void CudaBackend::embed(const Matrix& table, const std::int32_t* ids, const Matrix* position_table,
                        const std::int32_t* positions, std::int64_t position_offset, float* output,
                        std::int64_t num_tokens) {
  cuda::embed(table, ids, reinterpret_cast<const std::int32_t*>(sampled_.data()), position_table,
              positions, position_offset, output, num_tokens, stream_);
}

void CudaBackend::norm(const NormArgs& args) { cuda::norm(args, options_.dtype, stream_); }

void CudaBackend::linear(const void* input, const Matrix& weight, const float* bias, void* output,
                         std::int64_t n) {
  if (weight.scales) {
    fp8_linear_->run({.input = input,
                      .weight = weight.storage.as<const std::uint8_t>(),
                      .scales = weight.scales.as<const float>(),
                      .bias = bias,
                      .output = output,
                      .dtype = options_.dtype,
                      .output_dtype = options_.dtype,
                      .n = n,
                      .rows = weight.rows,
                      .cols = weight.cols});
    return;
  }
  linear_.run(product(input, weight, bias, output, options_.dtype, n));
}

void CudaBackend::head(const void* input, const Matrix& weight, float* output, std::int64_t n) {
  linear_.run(product(input, weight, nullptr, output, DType::kF32, n));
}

void CudaBackend::all_reduce(void* values, std::int64_t count) {
  options_.group->all_reduce(options_.rank, values, count, options_.dtype, stream_);
}

void CudaBackend::all_gather_columns(const float* own, float* full, std::int64_t n,
                                     std::int64_t cols) {
  CudaGroup& group = *options_.group;
  auto* gathered = reinterpret_cast<float*>(gathered_.data());
  group.all_gather(options_.rank, own, gathered, n * cols, stream_);
  join_columns(gathered, full, group.size(), n, cols, stream_);
}

void CudaBackend::split_rotate_write(const QkvArgs& args) {
  cuda::split_rotate_write(args, options_.dtype, stream_);
}

// Once, at the first step: the shape of the model is known only here.
void CudaBackend::reserve_attention(const AttentionArgs& args) {
  const std::size_t bytes =
      attention_workspace_bytes(arrays_.attention_shape(), args.num_heads, args.cache.head_dim);
  if (bytes <= attention_memory_.bytes()) return;
  OCTAVO_CUDA(cudaStreamSynchronize(stream_));
  attention_memory_ = Memory(Memory::Place::kDevice, bytes);
  if (attention_memory_.data() == nullptr) {
    record_failure("cudaMalloc", __FILE__, __LINE__, "no memory for attention's partial results");
    return;
  }
  OCTAVO_CUDA(cudaMemsetAsync(attention_memory_.data(), 0, bytes, stream_));
}

void CudaBackend::attention(const AttentionArgs& args) {
  if (attention_memory_.data() == nullptr) reserve_attention(args);
  cuda::attention(args, options_.dtype, arrays_.attention_shape(), arrays_.attention_plan(),
                  arrays_.device_plan(), attention_memory_.data(), stream_);
}

void CudaBackend::gated_activation(Activation kind, const void* input, void* output, std::int64_t n,
                                   std::int64_t width) {
  cuda::gated_activation(kind, input, output, n, width, options_.dtype, stream_);
}

void CudaBackend::activation(Activation kind, void* values, std::int64_t count) {
  cuda::activation(kind, values, count, options_.dtype, stream_);
}

void CudaBackend::activated_linear(const void* input, const Matrix& weight, const float* bias,
                                   Activation kind, bool is_gated, void* projected, void* output,
                                   std::int64_t n) {
  LinearArgs args = product(input, weight, bias, output, options_.dtype, n);
  args.activation = LinearActivation{kind, is_gated};
  if (!weight.scales && linear_.activates(args)) {
    linear_.run(args);
  } else {
    Backend::activated_linear(input, weight, bias, kind, is_gated, projected, output, n);
  }
}

void CudaBackend::sample(float* logits, std::int64_t vocab_size, std::int64_t n) {
  SampleArrays arrays = arrays_.sample_arrays();
  arrays.sampled = reinterpret_cast<std::int32_t*>(sampled_.data());
  arrays.choices = reinterpret_cast<std::int32_t*>(choices_.data());
  cuda::sample(logits, vocab_size, n, arrays,
               reinterpret_cast<DeviceSampleOutput*>(sample_outputs_.data()), sample_memory_.data(),
               stream_);
  num_sampled_ = n;
}

void CudaBackend::read(const void* device, void* host, std::size_t bytes) {
  OCTAVO_CUDA(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, stream_));
  OCTAVO_CUDA(cudaStreamSynchronize(stream_));
}

void CudaBackend::copy_blocks(
    const KvCacheView& cache,
    std::span<const std::pair<std::int32_t, std::int32_t>> source_destination) {
  use_device(options_.device);
  bool moved = false;
  const std::size_t bytes = source_destination.size() * sizeof(int2);
  auto* pairs = reinterpret_cast<int2*>(pairs_.begin(bytes, moved));
  for (std::size_t i = 0; i < source_destination.size(); ++i)
    pairs[i] = {source_destination[i].first, source_destination[i].second};
  copy_from_host({{pairs_.copy(bytes)}}, stream_);
  pairs_.mark_sent(stream_);
  cuda::copy_blocks(cache, reinterpret_cast<const int2*>(pairs_.device()),
                    static_cast<std::int64_t>(source_destination.size()), stream_);
}

CopyTicket CudaBackend::copy_blocks_between(
    CopyDirection direction, const KvCacheView& cache, void* host,
    std::span<const std::pair<std::int32_t, std::int32_t>> source_destination) {
  use_device(options_.device);
  return transfers_.begin(direction, cache, host, source_destination, stream_);
}

void CudaBackend::wait_copied(CopyTicket ticket) {
  use_device(options_.device);
  transfers_.wait(ticket);
}

DeviceSpan CudaBackend::copied_span(CopyTicket ticket) { return transfers_.span(ticket, clock_); }

void CudaBackend::run_on_host(std::int64_t count, const std::function<void(std::int64_t)>& work) {
  if (!host_threads_) host_threads_.emplace(std::min(kHostThreads, num_usable_cpus()));
  host_threads_->run(count, [&](std::int64_t i, int) { work(i); });
}

StepTicket CudaBackend::submit() {
  use_device(options_.device);
  return steps_.submit({.choices = choices_.data(),
                        .outputs = sample_outputs_.data(),
                        .num_rows = num_sampled_,
                        .has_logprobs = arrays_.wants_logprobs()},
                       stream_);
}

bool CudaBackend::wait(StepTicket ticket) {
  use_device(options_.device);
  return steps_.wait(ticket, options_.step_timeout);
}

}  // namespace octavo::kernels::cuda
