#include "kernels/cuda/step/transfers.hpp"

namespace octavo::kernels::cuda {

CopyTicket Transfers::begin(
    CopyDirection direction, const KvCacheView& cache, void* host,
    std::span<const std::pair<std::int32_t, std::int32_t>> source_destination,
    cudaStream_t compute) {
  const CopyTicket ticket = next_++;
  Slot& slot = slots_[ticket % kSlots];
  slot.end.wait();  // The copy that had this slot before ended long ago.
  const bool leaves = direction == CopyDirection::kToHost;
  const cudaStream_t stream = leaves ? out_ : in_;
  slot.ready.record(compute);
  OCTAVO_CUDA(cudaStreamWaitEvent(stream, slot.ready));
  slot.begin.record(stream);
  auto* device = static_cast<std::byte*>(cache.data);
  auto* pinned = static_cast<std::byte*>(host);
  copy_runs(cache.bytes_per_block(), leaves ? device : pinned, leaves ? pinned : device,
            source_destination, direction, stream);
  slot.end.record(stream);
  return ticket;
}

// Neighbours that go to neighbours are one copy.
void Transfers::copy_runs(std::size_t block_bytes, const std::byte* from, std::byte* to,
                          std::span<const std::pair<std::int32_t, std::int32_t>> source_destination,
                          CopyDirection direction, cudaStream_t stream) {
  sources_.clear();
  destinations_.clear();
  sizes_.clear();
  for (const auto& [source, destination] : source_destination) {
    const std::byte* begin = from + static_cast<std::size_t>(source) * block_bytes;
    std::byte* target = to + static_cast<std::size_t>(destination) * block_bytes;
    if (!sizes_.empty() &&
        static_cast<const std::byte*>(sources_.back()) + sizes_.back() == begin &&
        static_cast<std::byte*>(destinations_.back()) + sizes_.back() == target) {
      sizes_.back() += block_bytes;
      continue;
    }
    sources_.push_back(begin);
    destinations_.push_back(target);
    sizes_.push_back(block_bytes);
  }
  cudaMemcpyAttributes attributes{};
  attributes.srcAccessOrder = cudaMemcpySrcAccessOrderStream;
  attributes.flags = cudaMemcpyFlagPreferOverlapWithCompute;
  std::size_t first = 0;
  if (sizes_.size() == 1) {  // The plain call knows the link's whole speed.
    OCTAVO_CUDA(cudaMemcpyAsync(
        destinations_[0], sources_[0], sizes_[0],
        direction == CopyDirection::kToHost ? cudaMemcpyDeviceToHost : cudaMemcpyHostToDevice,
        stream));
    return;
  }
  OCTAVO_CUDA(cudaMemcpyBatchAsync(destinations_.data(), sources_.data(), sizes_.data(),
                                   sizes_.size(), &attributes, &first, 1, stream));
}

}  // namespace octavo::kernels::cuda
