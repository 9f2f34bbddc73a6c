// Whole blocks of Llama-3-8B (2 MiB) between the tiers: how fast out, in and both ways at once, and
// what steps that read memory as fast as they can lose meanwhile. One JSON object. `cpu` as the
// only argument runs the same on a CPU, to try the program.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "kernels/backend.hpp"

namespace {

using namespace octavo::kernels;
using Pairs = std::vector<std::pair<std::int32_t, std::int32_t>>;

constexpr std::int64_t kRows = 14336;
constexpr std::int64_t kCols = 4096;
constexpr int kProducts = 24;  ///< Products of a step: 2.8 GB read.
constexpr int kSteps = 60;

double seconds_of(DeviceSpan span) { return std::chrono::duration<double>(span.length()).count(); }

/// Blocks of one half of the cache that leave, of the other half that arrive, each scattered.
class Swap {
 public:
  Swap(Backend& backend, std::int32_t num_blocks)
      : backend_(backend),
        half_(num_blocks / 2),
        cache_{nullptr, DType::kBF16, num_blocks, 32, 8, 16, 128},
        device_(backend.allocate(bytes(num_blocks))),
        host_(backend.allocate_host(bytes(num_blocks))) {
    cache_.data = device_.data();
    std::vector<std::int32_t> order(static_cast<std::size_t>(half_));
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), std::mt19937(5));
    for (std::int32_t i = 0; i < half_; ++i) {
      out_.emplace_back(order[static_cast<std::size_t>(i)], i);
      in_.emplace_back(half_ + i, half_ + order[static_cast<std::size_t>(i)]);
    }
  }
  bool has_memory() const { return device_ && host_; }

  CopyTicket begin(CopyDirection way) {
    const Pairs& pairs = way == CopyDirection::kToHost ? out_ : in_;
    return backend_.copy_blocks_between(way, cache_, host_.data(), pairs);
  }
  /// GB/s of one way alone.
  double rate(CopyDirection way) {
    double best = 0.0;
    for (int i = 0; i < 4; ++i) {
      const CopyTicket ticket = begin(way);
      backend_.wait_copied(ticket);
      best = std::max(best, gigabytes() / seconds_of(backend_.copied_span(ticket)));
    }
    return best;
  }
  /// Both at once, together.
  double rate_of_both() {
    double best = 0.0;
    for (int i = 0; i < 4; ++i) {
      const DeviceSpan span = wait_for_both(begin_both());
      best = std::max(best, 2.0 * gigabytes() / seconds_of(span));
    }
    return best;
  }
  std::pair<CopyTicket, CopyTicket> begin_both() {
    const CopyTicket out = begin(CopyDirection::kToHost);
    return {out, begin(CopyDirection::kToDevice)};
  }
  /// From the first byte of either to the last of both.
  DeviceSpan wait_for_both(std::pair<CopyTicket, CopyTicket> tickets) {
    backend_.wait_copied(tickets.first);
    backend_.wait_copied(tickets.second);
    const DeviceSpan out = backend_.copied_span(tickets.first);
    const DeviceSpan in = backend_.copied_span(tickets.second);
    return {std::min(out.begin, in.begin), std::max(out.end, in.end)};
  }

 private:
  std::size_t bytes(std::int32_t num_blocks) const {
    return cache_.bytes_per_block() * static_cast<std::size_t>(num_blocks);
  }
  double gigabytes() const { return static_cast<double>(bytes(half_)) * 1e-9; }

  Backend& backend_;
  std::int32_t half_;
  KvCacheView cache_;
  Buffer device_;
  Buffer host_;
  Pairs out_;
  Pairs in_;
};

/// BusySteps of products of one row, each over the whole of a matrix.
class BusySteps {
 public:
  explicit BusySteps(Backend& backend)
      : backend_(backend),
        weight_(backend.random_matrix(kRows, kCols, DType::kBF16, 1, 0.02F)),
        input_(backend.allocate(kCols * sizeof(float))),
        output_(backend.allocate(kRows * sizeof(float))) {}
  bool has_memory() const { return weight_ && input_ && output_; }

  /// Two in flight, as an engine has them.
  std::vector<DeviceSpan> run(int num_products) {
    std::vector<DeviceSpan> spans;
    StepTicket before = launch(num_products);
    for (int i = 1; i < kSteps; ++i) {
      const StepTicket next = launch(num_products);
      backend_.wait(before);
      spans.push_back(backend_.results(before, {}));
      before = next;
    }
    backend_.wait(before);
    spans.push_back(backend_.results(before, {}));
    return spans;
  }

 private:
  StepTicket launch(int num_products) {
    static constexpr std::int32_t kZero = 0;
    static constexpr std::int64_t kSlot = -1;
    static constexpr std::int32_t kRange[] = {0, 1};
    backend_.place({.token_ids = &kZero,
                    .positions = &kZero,
                    .slots = &kSlot,
                    .cu_seqlens = kRange,
                    .context_lens = kRange + 1,
                    .cu_blocks = kRange,
                    .block_tables = &kZero,
                    .logits_rows = &kZero,
                    .num_tokens = 1,
                    .num_seqs = 1,
                    .num_logits = 0});
    backend_.stage_samples({});
    for (int i = 0; i < num_products; ++i) {
      backend_.linear(input_.data(), weight_, nullptr, output_.data(), 1);
    }
    return backend_.submit();
  }

  Backend& backend_;
  Matrix weight_;
  Buffer input_;
  Buffer output_;
};

double median_seconds(std::vector<DeviceSpan> spans) {
  if (spans.empty()) return 0.0;
  std::nth_element(
      spans.begin(), spans.begin() + static_cast<std::ptrdiff_t>(spans.size() / 2), spans.end(),
      [](const DeviceSpan& a, const DeviceSpan& b) { return a.length() < b.length(); });
  return seconds_of(spans[spans.size() / 2]);
}

}  // namespace

int main(int argc, char** argv) {
  const bool on_cpu = argc > 1 && std::string(argv[1]) == "cpu";
  std::string why;
  CudaOptions options;
  options.max_tokens = 1;
  options.max_seqs = 1;
  options.max_context_tokens = 16;
  options.vocab_size = 64;
  const std::unique_ptr<Backend> backend =
      on_cpu ? make_cpu_backend({}) : make_cuda_backend(options, &why);
  if (backend == nullptr) {
    std::fprintf(stderr, "swap_bench: %s\n", why.c_str());
    return 1;
  }
  Swap swap(*backend, on_cpu ? 64 : 2048);
  BusySteps steps(*backend);
  if (!swap.has_memory() || !steps.has_memory()) {
    std::fputs("swap_bench: not enough memory\n", stderr);
    return 1;
  }
  const int num_products = on_cpu ? 1 : kProducts;
  const double out = swap.rate(CopyDirection::kToHost);
  const double in = swap.rate(CopyDirection::kToDevice);
  const double both = swap.rate_of_both();
  steps.run(num_products);
  const double alone = median_seconds(steps.run(num_products));
  // Copies that outlast the steps: only steps between their first and last byte count.
  std::vector<std::pair<CopyTicket, CopyTicket>> copies;
  for (int i = 0; i < 3; ++i) copies.push_back(swap.begin_both());
  const std::vector<DeviceSpan> spans = steps.run(num_products);
  DeviceSpan copied = swap.wait_for_both(copies.front());
  copied.end = swap.wait_for_both(copies.back()).end;
  std::vector<DeviceSpan> beside;
  for (const DeviceSpan& span : spans) {
    if (span.begin >= copied.begin && span.end <= copied.end) beside.push_back(span);
  }
  std::printf(
      "{\"device\":\"%s\",\"out_gb_per_s\":%.1f,\"in_gb_per_s\":%.1f,\"both_gb_per_s\":%.1f,"
      "\"step_ms\":%.3f,\"steps_beside_copies\":%zu,\"step_ms_beside_copies\":%.3f}\n",
      backend->description().c_str(), out, in, both, alone * 1e3, beside.size(),
      median_seconds(beside) * 1e3);
  if (const std::string fault = backend->fault(); !fault.empty()) {
    std::fprintf(stderr, "swap_bench: %s\n", fault.c_str());
    return 1;
  }
  return 0;
}
