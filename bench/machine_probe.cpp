#include "bench/machine_probe.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <sstream>
#include <vector>

#include "kernels/cpu/linear.hpp"
#include "kernels/host/memory.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/machine_probe.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octavo::bench::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Reads every line; what it returns depends on all.
double read_all(const std::byte* data, std::size_t bytes) {
  const hn::CappedTag<std::uint32_t, 16> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto* words = reinterpret_cast<const std::uint32_t*>(data);
  auto a = hn::Zero(d);
  auto b = hn::Zero(d);
  for (std::size_t i = 0; i + 64 <= bytes / 4; i += 64) {
    for (std::size_t line = 0; line < 64; line += 16) {
      hwy::Prefetch(words + i + line + 1024);
    }
    for (std::size_t v = 0; v < 64; v += 2 * lanes) {
      a = hn::Xor(a, hn::Load(d, words + i + v));
      b = hn::Xor(b, hn::Load(d, words + i + v + lanes));
    }
  }
  return static_cast<double>(hn::GetLane(hn::Xor(a, b)));
}

/// rounds x 1024 x lanes fused multiply-adds.
double fp32_work(long rounds) {
  constexpr int kChains = 16;
  const hn::ScalableTag<float> d;
  hn::Vec<decltype(d)> acc[kChains];
  for (auto& chain : acc) chain = hn::Set(d, 1.0F);
  const auto factor = hn::Set(d, 0.999F);
  const auto term = hn::Set(d, 0.001F);
  for (long i = 0; i < rounds * 1024 / kChains; ++i) {
    for (auto& chain : acc) chain = hn::MulAdd(chain, factor, term);
  }
  auto sum = acc[0];
  for (int c = 1; c < kChains; ++c) sum = hn::Add(sum, acc[c]);
  return static_cast<double>(hn::GetLane(sum));
}

std::size_t fp32_lanes() { return hn::Lanes(hn::ScalableTag<float>()); }

}  // namespace
}  // namespace octavo::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octavo::bench {
namespace {

HWY_EXPORT(read_all);
HWY_EXPORT(fp32_work);
HWY_EXPORT(fp32_lanes);

using Clock = std::chrono::steady_clock;

constexpr long kRounds = 50'000;
constexpr std::size_t kChunk = std::size_t{4} << 20;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Keeps the optimiser from dropping work whose result nobody reads.
void consume(double value) {
  volatile double sink = value;
  static_cast<void>(sink);
}

double fp32_rounds(long rounds) { return HWY_DYNAMIC_DISPATCH(fp32_work)(rounds); }

}  // namespace

MachineProbe::MachineProbe(int threads, std::size_t read_bytes)
    : pool_(threads),
      small_pages_(kernels::take_memory(read_bytes)),
      huge_pages_(kernels::take_memory(read_bytes)) {
  madvise(small_pages_.data(), small_pages_.bytes(), MADV_NOHUGEPAGE);
  for (const auto* buffer : {&small_pages_, &huge_pages_}) {
    pool_.run(static_cast<std::int64_t>(read_bytes / kChunk), [&](std::int64_t item, int) {
      std::memset(buffer->as<std::byte>() + static_cast<std::size_t>(item) * kChunk, 1, kChunk);
    });
  }
}

double MachineProbe::read(bool huge_pages, bool all_cores) {
  const kernels::Buffer& buffer = huge_pages ? huge_pages_ : small_pages_;
  const auto num_chunks = static_cast<std::int64_t>(buffer.bytes() / kChunk);
  const auto chunk = [&](std::int64_t item, int) {
    consume(HWY_DYNAMIC_DISPATCH(read_all)(
        buffer.as<const std::byte>() + static_cast<std::size_t>(item) * kChunk, kChunk));
  };
  const auto start = Clock::now();
  if (all_cores) {
    pool_.run(num_chunks, chunk);
  } else {
    for (std::int64_t item = 0; item < num_chunks; ++item) chunk(item, 0);
  }
  return static_cast<double>(buffer.bytes()) / seconds_since(start);
}

double MachineProbe::operations(double (*work)(long), double per_call, bool all_cores) {
  const int threads = all_cores ? pool_.num_threads() : 1;
  const auto start = Clock::now();
  pool_.run(threads, [&](std::int64_t, int) { consume(work(kRounds)); });
  return per_call * threads / seconds_since(start);
}

double MachineProbe::fp32(bool all_cores) {
  const auto lanes = static_cast<double>(HWY_DYNAMIC_DISPATCH(fp32_lanes)());
  return operations(fp32_rounds, kRounds * 1024.0 * lanes * 2.0, all_cores);
}

double MachineProbe::bf16(bool all_cores) {
  if (!kernels::cpu::has_avx512_bf16()) return 0.0;
  return operations(bf16_work, kRounds * 1024.0 * 64.0, all_cores);
}

MachineSpeed MachineProbe::measure() {
  return {pool_.num_threads(), read(false, false), read(false, true),
          read(true, false),   read(true, true),   fp32(false),
          fp32(true),          bf16(false),        bf16(true)};
}

std::string to_json(const MachineSpeed& speed) {
  std::ostringstream out;
  out.precision(4);
  out << "{\"threads\":" << speed.threads
      << ",\"read_gb_s\":{\"4KiB\":{\"one\":" << speed.read_small_pages_one / 1e9
      << ",\"all\":" << speed.read_small_pages_all / 1e9
      << "},\"2MiB\":{\"one\":" << speed.read_huge_pages_one / 1e9
      << ",\"all\":" << speed.read_huge_pages_all / 1e9
      << "}},\"gflop_s\":{\"fp32\":{\"one\":" << speed.fp32_one / 1e9
      << ",\"all\":" << speed.fp32_all / 1e9 << "},\"vdpbf16ps\":{\"one\":" << speed.bf16_one / 1e9
      << ",\"all\":" << speed.bf16_all / 1e9 << "}}}";
  return out.str();
}

}  // namespace octavo::bench
#endif
