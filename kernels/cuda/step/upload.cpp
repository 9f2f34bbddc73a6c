#include "kernels/cuda/step/upload.hpp"

#include <algorithm>

namespace octavo::kernels::cuda {

void Upload::grow(std::size_t bytes) {
  OCTAVO_CUDA(cudaDeviceSynchronize());
  const std::size_t room = std::max<std::size_t>((bytes + bytes / 2 + 15) / 16 * 16, 4096);
  device_ = Memory(Memory::Place::kDevice, room);
  for (Slot& slot : slots_) slot.host = Memory(Memory::Place::kHost, room);
  const bool complete = device_.data() != nullptr &&
                        std::all_of(slots_.begin(), slots_.end(),
                                    [](const Slot& slot) { return slot.host.data() != nullptr; });
  if (!complete) record_failure("cudaMalloc", __FILE__, __LINE__, "no memory for a step's arrays");
}

std::byte* Upload::begin(std::size_t bytes, bool& moved) {
  if (bytes > device_.bytes()) {
    grow(bytes);
    moved = true;
  }
  next_ = (next_ + 1) % slots_.size();
  slots_[next_].sent.wait();
  return slots_[next_].host.data();
}

}  // namespace octavo::kernels::cuda
