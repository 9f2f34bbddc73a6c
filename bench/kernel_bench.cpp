// The ops that decide a model's speed, each beside its ceiling measured in the same run.
// Usage: kernel_bench [all | linear | attention | packing] [instruction set]. One JSON object per
// line.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "bench/machine_probe.hpp"
#include "kernels/backend.hpp"

namespace octavo::bench {
namespace {

using Clock = std::chrono::steady_clock;
using kernels::DType;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double seconds(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Medians of runs that take turns with the probe.
struct Measurement {
  double run = 0.0;
  double read = 0.0;
  double flops = 0.0;
};

Measurement measure(MachineProbe& probe, const std::function<void()>& work) {
  constexpr int kRuns = 5;
  std::vector<double> runs;
  std::vector<double> reads;
  std::vector<double> flops;
  work();
  for (int i = 0; i < kRuns; ++i) {
    reads.push_back(probe.read(true, true));
    flops.push_back(std::max(probe.bf16(true), probe.fp32(true)));
    runs.push_back(seconds(work));
  }
  return {median(runs), median(reads), median(flops)};
}

void report(const std::string& name, const Measurement& m, double bytes, double operations) {
  const double ceiling = std::max(bytes / m.read, operations / m.flops);
  std::printf(
      "{\"name\":\"%s\",\"seconds\":%.6f,\"gb_s\":%.2f,\"read_gb_s\":%.2f,\"gflop_s\":%.1f,"
      "\"peak_gflop_s\":%.1f,\"share_of_ceiling\":%.3f}\n",
      name.c_str(), m.run, bytes / m.run / 1e9, m.read / 1e9, operations / m.run / 1e9,
      m.flops / 1e9, ceiling / m.run);
  std::fflush(stdout);
}

/// The products of Llama-3.2-1B's layers (`num_layers` of them) and its output matrix, bfloat16.
class LlamaProducts {
 public:
  explicit LlamaProducts(kernels::Backend& backend) : backend_(backend) {
    for (int layer = 0; layer < kLayers; ++layer) {
      add(2048 + 2 * 512, 2048);
      add(2048, 2048);
      add(2 * 8192, 2048);
      add(2048, 8192);
    }
    add(128256, 2048);
  }
  void run(std::int64_t n, bool with_logits) {
    const std::size_t count = matrices_.size() - (with_logits ? 0 : 1);
    for (std::size_t i = 0; i < count; ++i) {
      backend_.linear(input_.data(), matrices_[i], nullptr, output_.data(), n);
    }
  }
  double elements(bool with_logits) const {
    double sum = 0.0;
    for (std::size_t i = 0; i + (with_logits ? 0 : 1) < matrices_.size(); ++i) {
      sum += static_cast<double>(matrices_[i].rows * matrices_[i].cols);
    }
    return sum;
  }

 private:
  static constexpr int kLayers = 8;
  void add(std::int64_t rows, std::int64_t cols) {
    matrices_.push_back(backend_.random_matrix(rows, cols, DType::kBF16, matrices_.size(), 0.02F));
  }
  kernels::Backend& backend_;
  std::vector<kernels::Matrix> matrices_;
  std::vector<float> input_ = std::vector<float>(std::size_t{512} * 8192, 0.01F);
  std::vector<float> output_ = std::vector<float>(std::size_t{512} * 16384);
};

void bench_products(kernels::Backend& backend, MachineProbe& probe) {
  LlamaProducts products(backend);
  for (std::int64_t n : {1, 8, 16, 32, 64, 512}) {
    const bool with_logits = n <= 32;
    const double elements = products.elements(with_logits);
    const Measurement m = measure(probe, [&] { products.run(n, with_logits); });
    report("linear n=" + std::to_string(n), m, elements * 2.0,
           elements * 2.0 * static_cast<double>(n));
  }
}

/// The last `num_tokens` of each of `num_seqs` contexts of 2,048 tokens in the shape of Qwen3-0.6B,
/// bfloat16.
void bench_attention(kernels::Backend& backend, MachineProbe& probe, std::int64_t num_seqs,
                     std::int64_t num_tokens) {
  constexpr std::int64_t kLayers = 28;
  constexpr std::int64_t kContext = 2048;
  constexpr std::int64_t kHeads = 16;
  constexpr std::int64_t kHeadDim = 128;
  constexpr std::int64_t kBlockSize = 16;
  const std::int64_t blocks_each = kContext / kBlockSize;
  const std::int64_t num_blocks = blocks_each * num_seqs;
  kernels::KvCacheView cache{nullptr, DType::kBF16, num_blocks, kLayers, 8, kBlockSize, kHeadDim};
  const auto bytes = cache.bytes_per_block() * static_cast<std::size_t>(num_blocks);
  const kernels::Buffer memory = backend.allocate(bytes);
  cache.data = memory.data();
  std::fill_n(memory.as<std::uint16_t>(), bytes / 2, std::uint16_t{0x3c00});
  std::vector<std::int32_t> cu_seqlens;
  std::vector<std::int32_t> cu_blocks;
  for (std::int64_t s = 0; s <= num_seqs; ++s) {
    cu_seqlens.push_back(static_cast<std::int32_t>(s * num_tokens));
    cu_blocks.push_back(static_cast<std::int32_t>(s * blocks_each));
  }
  const std::vector<std::int32_t> contexts(static_cast<std::size_t>(num_seqs), kContext);
  std::vector<std::int32_t> tables;
  for (std::int64_t b = 0; b < num_blocks; ++b) {
    tables.push_back(static_cast<std::int32_t>(b * 37 % num_blocks));  // scattered
  }
  const std::vector<float> query(
      static_cast<std::size_t>(num_seqs * num_tokens * kHeads * kHeadDim), 0.1F);
  std::vector<float> output(query.size());
  const Measurement m = measure(probe, [&] {
    for (std::int64_t layer = 0; layer < kLayers; ++layer) {
      backend.attention({.query = query.data(),
                         .output = output.data(),
                         .cu_seqlens = cu_seqlens.data(),
                         .context_lens = contexts.data(),
                         .cu_blocks = cu_blocks.data(),
                         .block_tables = tables.data(),
                         .num_seqs = num_seqs,
                         .num_heads = kHeads,
                         .layer = layer,
                         .scale = 0.1F,
                         .cache = cache});
    }
  });
  const auto mean_context = static_cast<double>(kContext) - static_cast<double>(num_tokens - 1) / 2;
  report(
      "attention, sequences=" + std::to_string(num_seqs) + ", tokens=" + std::to_string(num_tokens),
      m, static_cast<double>(bytes),
      4.0 * kLayers * kHeads * kHeadDim * mean_context *
          static_cast<double>(num_seqs * num_tokens));
}

/// Start-up: packing a gigabyte of bfloat16 rows.
void bench_packing(kernels::Backend& backend, MachineProbe& probe) {
  constexpr std::int64_t kCols = 2048;
  constexpr std::int64_t kRows = std::int64_t{1} << 18;
  const std::vector<std::uint16_t> rows(std::size_t{kRows * kCols}, std::uint16_t{0x3c00});
  const kernels::HostMatrix part{rows.data(), DType::kBF16, kRows, kCols, false};
  const Measurement m = measure(probe, [&] {
    const kernels::Matrix matrix = backend.prepare_matrix({&part, 1}, DType::kBF16);
  });
  report("prepare_matrix, bytes read and written", m, 2.0 * kRows * kCols * 2, 0.0);
}

}  // namespace
}  // namespace octavo::bench

int main(int argc, char* argv[]) {
  const std::string wanted = argc > 1 ? argv[1] : "all";
  const auto backend =
      octavo::kernels::make_cpu_backend({.threads = 0, .instruction_set = argc > 2 ? argv[2] : ""});
  if (backend == nullptr) {
    std::fputs("this machine does not have that instruction set\n", stderr);
    return 1;
  }
  octavo::bench::MachineProbe probe(0);
  std::printf("{\"backend\":\"%s\",\"machine\":%s}\n", backend->description().c_str(),
              octavo::bench::to_json(probe.measure()).c_str());
  const auto wants = [&](const char* section) { return wanted == "all" || wanted == section; };
  if (wants("linear")) octavo::bench::bench_products(*backend, probe);
  if (wants("attention")) {
    octavo::bench::bench_attention(*backend, probe, 1, 1);
    octavo::bench::bench_attention(*backend, probe, 8, 1);
    octavo::bench::bench_attention(*backend, probe, 1, 64);
  }
  if (wants("packing")) octavo::bench::bench_packing(*backend, probe);
}
