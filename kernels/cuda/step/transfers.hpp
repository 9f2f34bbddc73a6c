// Blocks on their way between the tiers: one stream out and one in, beside the compute, each copy
// after what the compute stream had been given before it. Nobody waits on the device for a copy:
// the host learns of its end and plans accordingly.
#pragma once

#include <array>
#include <span>
#include <utility>
#include <vector>

#include "kernels/block_transfers.hpp"
#include "kernels/cuda/device/device_clock.hpp"
#include "kernels/cuda/device/runtime.hpp"

namespace octavo::kernels::cuda {

class Transfers {
 public:
  CopyTicket begin(CopyDirection direction, const KvCacheView& cache, void* host,
                   std::span<const std::pair<std::int32_t, std::int32_t>> source_destination,
                   cudaStream_t compute);
  bool is_finished(CopyTicket ticket) const { return slot(ticket).end.has_happened(); }
  /// Sleeps until the copy has ended. Thread: any.
  void wait(CopyTicket ticket) const { slot(ticket).end.wait(); }
  DeviceSpan span(CopyTicket ticket, const DeviceClock& clock) const {
    return {clock.time_of(slot(ticket).begin), clock.time_of(slot(ticket).end)};
  }

 private:
  struct Slot {
    Event ready;  ///< What the compute stream had been given before.
    Event begin;
    Event end{Event::Wait::kSleep};
  };
  static constexpr std::size_t kSlots = 256;

  const Slot& slot(CopyTicket ticket) const { return slots_[ticket % kSlots]; }
  void copy_runs(std::size_t block_bytes, const std::byte* from, std::byte* to,
                 std::span<const std::pair<std::int32_t, std::int32_t>> source_destination,
                 CopyDirection direction, cudaStream_t stream);

  Stream out_;
  Stream in_;
  std::array<Slot, kSlots> slots_;
  CopyTicket next_ = 0;
  std::vector<const void*> sources_;
  std::vector<void*> destinations_;
  std::vector<std::size_t> sizes_;
};

}  // namespace octavo::kernels::cuda
