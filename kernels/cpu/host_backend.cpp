#include "kernels/cpu/host_backend.hpp"

#include <sys/sysinfo.h>

#include <algorithm>
#include <cstring>

#include "kernels/host/memory.hpp"

namespace octavo::kernels::cpu {

DeviceMemory HostBackend::memory() const {
  struct sysinfo info {};
  if (::sysinfo(&info) != 0) return {};
  return {std::size_t{info.totalram} * info.mem_unit,
          (std::size_t{info.freeram} + info.bufferram) * info.mem_unit};
}

Buffer HostBackend::allocate(std::size_t bytes) { return take_memory(bytes); }

StepInputs HostBackend::place(const StepInputs& host) {
  began_ = std::chrono::steady_clock::now();
  steps_[next_step_ % kKeptSteps].outputs.clear();
  return host;
}

void HostBackend::sample(float* logits, std::int64_t vocab_size, std::int64_t n) {
  auto& outputs = steps_[next_step_ % kKeptSteps].outputs;
  const auto num_rows = std::min(rows_.size(), static_cast<std::size_t>(n));
  outputs.resize(num_rows);
  sample_rows(logits, vocab_size, std::span(rows_).first(num_rows), outputs);
}

void HostBackend::read(const void* device, void* host, std::size_t bytes) {
  std::memcpy(host, device, bytes);
}

CopyTicket HostBackend::copy_blocks_between(
    CopyDirection direction, const KvCacheView& cache, void* host,
    std::span<const std::pair<std::int32_t, std::int32_t>> source_destination) {
  const auto began = std::chrono::steady_clock::now();
  const auto* from = static_cast<const std::byte*>(cache.data);
  auto* to = static_cast<std::byte*>(host);
  if (direction == CopyDirection::kToDevice) {
    from = static_cast<const std::byte*>(host);
    to = static_cast<std::byte*>(cache.data);
  }
  const std::size_t size = cache.bytes_per_block();
  for (const auto& [source, destination] : source_destination) {
    std::memcpy(to + static_cast<std::size_t>(destination) * size,
                from + static_cast<std::size_t>(source) * size, size);
  }
  const CopyTicket ticket = next_copy_++;
  copies_[ticket % copies_.size()] = {began, std::chrono::steady_clock::now()};
  return ticket;
}

DeviceSpan HostBackend::copied_span(CopyTicket ticket) { return copies_[ticket % copies_.size()]; }

StepTicket HostBackend::submit() {
  Step& step = steps_[next_step_ % kKeptSteps];
  const auto now = std::chrono::steady_clock::now();
  step.span = {began_.value_or(now), now};
  began_.reset();
  return next_step_++;
}

DeviceSpan HostBackend::results(StepTicket ticket, std::span<SampleOutput> outputs) {
  Step& step = steps_[ticket % kKeptSteps];
  std::move(step.outputs.begin(),
            step.outputs.begin() + static_cast<std::ptrdiff_t>(outputs.size()), outputs.begin());
  return step.span;
}

}  // namespace octavo::kernels::cpu
