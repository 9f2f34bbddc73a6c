// Times the row ops and the sampler as a step runs them: many of one kind recorded in a CUDA graph,
// at Llama-3-8B's widths, or a vocabulary of 128256. Prints microseconds per op.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <random>
#include <vector>

#include "kernels/cuda/device/check.hpp"
#include "kernels/cuda/rows/rows.hpp"
#include "kernels/cuda/sampling/sampling.hpp"

using namespace octavo::kernels;
using namespace octavo::kernels::cuda;

namespace {

constexpr std::int64_t kWidth = 4096;
constexpr std::int64_t kInner = 14336;
constexpr std::int64_t kHeads = 32;
constexpr std::int64_t kKvHeads = 8;
constexpr std::int64_t kHeadDim = 128;
constexpr std::int64_t kVocab = 128256;
constexpr std::int64_t kMaxRows = 256;
constexpr int kSets = 8;  ///< Ops of one graph take turns on so many sets of activations.

template <class T>
T* device(std::size_t count) {
  void* data = nullptr;
  OCTAVO_CUDA(cudaMalloc(&data, count * sizeof(T)));
  OCTAVO_CUDA(cudaMemset(data, 0, count * sizeof(T)));
  return static_cast<T*>(data);
}

template <class T>
T* device(const std::vector<T>& values) {
  T* data = device<T>(values.size());
  OCTAVO_CUDA(cudaMemcpy(data, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
  return data;
}

std::vector<float> normal(std::size_t count, float scale) {
  static std::mt19937 generator(1);
  std::normal_distribution<float> distribution(0.0F, scale);
  std::vector<float> values(count);
  for (float& x : values) x = distribution(generator);
  return values;
}

/// Random bfloat16 values: the upper halves of floats.
std::uint16_t* halves(std::size_t count) {
  const std::vector<float> values = normal(std::min<std::size_t>(count, 1 << 20), 1.0F);
  std::vector<std::uint16_t> bits(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t word = 0;
    std::copy_n(reinterpret_cast<const char*>(&values[i % values.size()]), 4,
                reinterpret_cast<char*>(&word));
    bits[i] = static_cast<std::uint16_t>(word >> 16);
  }
  return device(bits);
}

/// Median microseconds of one op among `repeats` in a graph.
double time_op(cudaStream_t stream, int repeats, const std::function<void(int)>& op) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t recorded = nullptr;
  OCTAVO_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  for (int i = 0; i < repeats; ++i) op(i % kSets);
  OCTAVO_CUDA(cudaStreamEndCapture(stream, &graph));
  OCTAVO_CUDA(cudaGraphInstantiate(&recorded, graph, 0));
  cudaEvent_t begin = nullptr;
  cudaEvent_t end = nullptr;
  OCTAVO_CUDA(cudaEventCreate(&begin));
  OCTAVO_CUDA(cudaEventCreate(&end));
  std::vector<float> times;
  for (int run = 0; run < 12; ++run) {
    OCTAVO_CUDA(cudaEventRecord(begin, stream));
    OCTAVO_CUDA(cudaGraphLaunch(recorded, stream));
    OCTAVO_CUDA(cudaEventRecord(end, stream));
    OCTAVO_CUDA(cudaEventSynchronize(end));
    float milliseconds = 0.0F;
    OCTAVO_CUDA(cudaEventElapsedTime(&milliseconds, begin, end));
    if (run >= 3) times.push_back(milliseconds);
  }
  std::sort(times.begin(), times.end());
  OCTAVO_CUDA(cudaGraphExecDestroy(recorded));
  OCTAVO_CUDA(cudaGraphDestroy(graph));
  return times[times.size() / 2] * 1000.0 / repeats;
}

/// A line of the table: the time of `op` for each number of rows.
void print_times(const char* name, cudaStream_t stream, int repeats,
                 const std::function<void(int, std::int64_t)>& op) {
  std::printf("%-28s", name);
  for (const std::int64_t n : {1, 16, 64, 256})
    std::printf(" %8.2f", time_op(stream, repeats, [&](int set) { op(set, n); }));
  std::printf("\n");
}

std::size_t per_set(std::int64_t width) { return static_cast<std::size_t>(kMaxRows * width); }

/// What the row operations work on: kSets of everything that grows with the rows.
struct RowArrays {
  std::uint16_t* input = halves(kSets * per_set(2 * kInner));
  std::uint16_t* output = device<std::uint16_t>(kSets * per_set(kInner));
  float* residual = device(normal(kSets * per_set(kWidth), 1.0F));
  float* weight = device(normal(kWidth, 1.0F));
  float* cos_sin = device(normal(4096 * kHeadDim, 1.0F));
  std::int32_t* ids = nullptr;
  std::int64_t* slots = nullptr;
  KvCacheView cache{nullptr, DType::kBF16, kMaxRows + 1, 32, kKvHeads, 16, kHeadDim};
  Matrix table{Buffer(halves(4096 * kWidth), 4096 * kWidth * 2, [](void*, std::size_t) {}),
               DType::kBF16, 4096, kWidth};

  RowArrays() {
    std::vector<std::int32_t> numbers;
    std::vector<std::int64_t> places;
    for (std::int64_t i = 0; i < kMaxRows; ++i) {
      numbers.push_back(static_cast<std::int32_t>(i * 13 % 4096));
      places.push_back(i * 16 + i % 16);
    }
    ids = device(numbers);
    slots = device(places);
    cache.data = device<char>(static_cast<std::size_t>(cache.num_blocks) * cache.bytes_per_block());
  }
};

void bench_rows(cudaStream_t stream) {
  constexpr std::int64_t kQkv = (kHeads + 2 * kKvHeads) * kHeadDim;
  const RowArrays arrays;
  const auto& [input, output, residual, weight, cos_sin, ids, slots, cache, table] = arrays;
  std::printf("%-28s %8s %8s %8s %8s  us per op\n", "row op", "n=1", "16", "64", "256");
  const auto row = [&](const char* name, const auto& op) { print_times(name, stream, 400, op); };
  row("embed", [&](int set, std::int64_t n) {
    embed(table, ids, nullptr, nullptr, nullptr, 0, residual + set * per_set(kWidth), n, stream);
  });
  for (const NormKind kind : {NormKind::kRms, NormKind::kLayer}) {
    row(kind == NormKind::kRms ? "norm rms, added" : "norm layer, added",
        [&](int set, std::int64_t n) {
          norm({.kind = kind,
                .input = input + set * per_set(kWidth),
                .residual = residual + set * per_set(kWidth),
                .weight = weight,
                .output = output + set * per_set(kWidth),
                .num_tokens = n,
                .width = kWidth},
               DType::kBF16, stream);
        });
  }
  for (const bool has_norm : {false, true}) {
    row(has_norm ? "split_rotate_write, normed" : "split_rotate_write",
        [&](int set, std::int64_t n) {
          split_rotate_write({.qkv = input + set * per_set(kQkv),
                              .query = output + set * per_set(kHeads * kHeadDim),
                              .query_norm = has_norm ? weight : nullptr,
                              .key_norm = has_norm ? weight : nullptr,
                              .cos_sin = cos_sin,
                              .rotary_dim = kHeadDim,
                              .positions = ids,
                              .slots = slots,
                              .num_tokens = n,
                              .num_heads = kHeads,
                              .layer = set,
                              .cache = cache},
                             DType::kBF16, stream);
        });
  }
  row("gated silu", [&](int set, std::int64_t n) {
    gated_activation(Activation::kSilu, input + set * per_set(2 * kInner),
                     output + set * per_set(kInner), n, kInner, DType::kBF16, stream);
  });
  row("relu in place", [&](int set, std::int64_t n) {
    activation(Activation::kRelu, output + set * per_set(kInner), n * kInner, DType::kBF16, stream);
  });
  std::vector<int2> pairs;
  for (int i = 0; i < 64; ++i) pairs.push_back({i, 128 + i});
  int2* device_pairs = device(pairs);
  std::printf("copy_blocks of 2 MiB: 1 pair %.2f, 16 %.2f, 64 %.2f us\n",
              time_op(stream, 20, [&](int) { copy_blocks(cache, device_pairs, 1, stream); }),
              time_op(stream, 20, [&](int) { copy_blocks(cache, device_pairs, 16, stream); }),
              time_op(stream, 20, [&](int) { copy_blocks(cache, device_pairs, 64, stream); }));
}

void bench_sampling(cudaStream_t stream) {
  constexpr auto kCount = static_cast<std::size_t>(kMaxRows * kVocab);
  std::vector<float> values = normal(kCount, 2.0F);
  float* flat = device(values);
  for (std::size_t r = 0; r < kMaxRows; ++r) {  // as a model's: a few hundred stand out
    for (std::size_t i = 0; i < 300; ++i) {
      values[r * kVocab + (i * 7919 + r) % kVocab] += 16.0F - static_cast<float>(i) * 0.04F;
    }
  }
  float* peaked = device(values);
  std::vector<std::int32_t> tokens;
  for (std::int32_t i = 0; i < kMaxRows * 1000; ++i) tokens.push_back(i % 1000 * 7);
  SampleArrays arrays{.tokens = device(tokens), .sampled = device<std::int32_t>(kMaxRows)};
  auto* outputs = device<DeviceSampleOutput>(kMaxRows);
  void* workspace = device<char>(sample_workspace_bytes(kMaxRows, kVocab));
  std::printf("%-28s %8s %8s %8s %8s  us per call\n", "sample", "n=1", "16", "64", "256");
  const auto row = [&](const char* name, float* logits, DeviceSampleRow settings) {
    std::vector<DeviceSampleRow> rows;
    for (std::int32_t i = 0; i < kMaxRows; ++i) {
      settings.seed = static_cast<std::uint64_t>(i);
      settings.first_token = i * 1000;
      rows.push_back(settings);
    }
    DeviceSampleRow* device_rows = device(rows);
    arrays.rows = device_rows;
    print_times(name, stream, 20, [&](int, std::int64_t n) {
      sample(logits, kVocab, n, arrays, outputs, workspace, stream);
    });
    OCTAVO_CUDA(cudaFree(device_rows));
  };
  DeviceSampleRow plain{};
  plain.temperature = 1.0F;
  plain.top_p = 1.0F;
  plain.repetition_penalty = 1.0F;
  plain.num_logprobs = -1;
  plain.is_active = 1;
  const auto with = [&](const std::function<void(DeviceSampleRow&)>& change) {
    DeviceSampleRow changed = plain;
    change(changed);
    return changed;
  };
  row("greedy", flat, with([](auto& r) { r.temperature = 0.0F; }));
  row("temperature", flat, plain);
  const auto both = with([](auto& r) { r.top_p = 0.9F, r.top_k = 50; });
  row("top-p 0.9, top-k 50", peaked, both);
  row("top-p 0.9, top-k 50, flat", flat, both);
  const auto nucleus = with([](auto& r) { r.top_p = 0.9F; });
  row("top-p 0.9", peaked, nucleus);
  row("top-p 0.9, flat", flat, nucleus);
  row("min-p 0.05", peaked, with([](auto& r) { r.min_p = 0.05F; }));
  row("greedy, 5 logprobs", peaked,
      with([](auto& r) { r.temperature = 0.0F, r.num_logprobs = 5; }));
  row("greedy, 64 logprobs", flat,
      with([](auto& r) { r.temperature = 0.0F, r.num_logprobs = 64; }));
  row("greedy, penalties of 1000", peaked, with([](auto& r) {
        r.temperature = 0.0F, r.num_tokens = 1000, r.presence_penalty = 1e-6F,
        r.frequency_penalty = 1e-6F, r.repetition_penalty = 1.0000001F;
      }));
}

}  // namespace

int main() {
  cudaDeviceProp device{};
  OCTAVO_CUDA(cudaGetDeviceProperties(&device, 0));
  std::printf("%s\n", device.name);
  cudaStream_t stream = nullptr;
  OCTAVO_CUDA(cudaStreamCreate(&stream));
  bench_rows(stream);
  bench_sampling(stream);
  OCTAVO_CUDA(cudaStreamSynchronize(stream));
  if (first_failure().empty()) return 0;
  std::printf("failed: %s\n", first_failure().c_str());
  return 1;
}
