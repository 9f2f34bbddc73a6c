#include "kernels/cuda/device/bulk_upload.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/host/container_limits.hpp"

namespace octavo::kernels::cuda {
namespace {

/// Reading memory is faster with more, the link is not.
constexpr int kMaxThreads = 16;

int num_threads() { return std::min(num_usable_cpus(), kMaxThreads); }

}  // namespace

BulkUpload::BulkUpload(int device)
    : device_(device),
      pool_(num_threads()),
      lanes_(static_cast<std::size_t>(pool_.num_threads())),
      buffers_(Memory::Place::kHost, lanes_.size() * kBuffersPerLane * kChunkBytes) {}

BulkUpload::~BulkUpload() {
  for (Lane& lane : lanes_) OCTAVO_CUDA(cudaStreamSynchronize(lane.stream));
}

void BulkUpload::send(const void* host, void* device, std::size_t bytes) {
  if (buffers_.data() == nullptr) {
    OCTAVO_CUDA(cudaMemcpy(device, host, bytes, cudaMemcpyHostToDevice));
    return;
  }
  const auto* from = static_cast<const std::byte*>(host);
  auto* to = static_cast<std::byte*>(device);
  const auto num_chunks = static_cast<std::int64_t>((bytes + kChunkBytes - 1) / kChunkBytes);
  pool_.run(num_chunks, [&](std::int64_t chunk, int thread) {
    use_device(device_);
    const auto place = static_cast<std::size_t>(thread);
    Lane& lane = lanes_[place];
    std::byte* buffer = buffers_.data() + (place * kBuffersPerLane + lane.turn) * kChunkBytes;
    Event& sent = lane.sent[lane.turn];
    lane.turn = (lane.turn + 1) % kBuffersPerLane;
    const std::size_t at = static_cast<std::size_t>(chunk) * kChunkBytes;
    const std::size_t length = std::min(kChunkBytes, bytes - at);
    sent.wait();
    std::memcpy(buffer, from + at, length);
    OCTAVO_CUDA(cudaMemcpyAsync(to + at, buffer, length, cudaMemcpyHostToDevice, lane.stream));
    sent.record(lane.stream);
  });
}

void BulkUpload::join(cudaStream_t stream) {
  for (const Lane& lane : lanes_) {
    for (const Event& sent : lane.sent) OCTAVO_CUDA(cudaStreamWaitEvent(stream, sent, 0));
  }
}

}  // namespace octavo::kernels::cuda
