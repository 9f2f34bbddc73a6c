// What every CPU backend is alike in: its ops have ended when they return, device memory is memory,
// and both tiers of the cache lie in it. So a step's arrays stay where they are, a copy between the
// tiers has been made when it is asked for, and a submitted step has ended.
#pragma once

#include <array>
#include <optional>

#include "kernels/backend.hpp"

namespace octavo::kernels::cpu {

class HostBackend : public Backend {
 public:
  DType activation_dtype() const final { return DType::kF32; }
  DeviceMemory memory() const final;
  Buffer allocate(std::size_t bytes) final;
  Buffer allocate_host(std::size_t bytes) final { return allocate(bytes); }
  StepInputs place(const StepInputs& host) final;
  void stage_samples(std::span<const SampleRow> rows) final { rows_ = {rows.begin(), rows.end()}; }
  void sample(float* logits, std::int64_t vocab_size, std::int64_t n) final;
  void read(const void* device, void* host, std::size_t bytes) final;
  CopyTicket copy_blocks_between(
      CopyDirection direction, const KvCacheView& cache, void* host,
      std::span<const std::pair<std::int32_t, std::int32_t>> source_destination) final;
  bool is_copied(CopyTicket) final { return true; }
  void wait_copied(CopyTicket) final {}
  DeviceSpan copied_span(CopyTicket ticket) final;
  StepTicket submit() final;
  bool wait(StepTicket) final { return true; }
  DeviceSpan results(StepTicket ticket, std::span<SampleOutput> outputs) final;

 protected:
  /// logits [rows.size(), vocab_size], overwritten. outputs[i] belongs to rows[i].
  virtual void sample_rows(float* logits, std::int64_t vocab_size, std::span<const SampleRow> rows,
                           std::span<SampleOutput> outputs) = 0;

 private:
  /// How many steps back `results` reaches.
  static constexpr std::size_t kKeptSteps = 4;
  struct Step {
    std::vector<SampleOutput> outputs;
    DeviceSpan span;
  };

  std::optional<std::chrono::steady_clock::time_point> began_;
  std::vector<SampleRow> rows_;
  std::array<Step, kKeptSteps> steps_;
  StepTicket next_step_ = 0;
  CopyTicket next_copy_ = 0;
  std::array<DeviceSpan, 64> copies_{};
};

}  // namespace octavo::kernels::cpu
