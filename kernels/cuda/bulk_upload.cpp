#include "kernels/cuda/bulk_upload.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

namespace octavo::kernels::cuda {

void BulkUpload::Lane::copy(const std::byte* from, std::byte* to, std::size_t bytes) {
  Memory& buffer = buffers[turn];
  Event& last = sent[turn];
  turn = 1 - turn;
  if (buffer.data() == nullptr) buffer = Memory(Memory::Place::kHost, kChunkBytes);
  if (buffer.data() == nullptr) {  // No pinned memory: the plain way.
    OCTAVO_CUDA(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice));
    return;
  }
  last.wait();
  std::memcpy(buffer.data(), from, bytes);
  OCTAVO_CUDA(cudaMemcpyAsync(to, buffer.data(), bytes, cudaMemcpyHostToDevice, stream));
  last.record(stream);
}

void BulkUpload::run(const void* host, void* device, std::size_t bytes) {
  const auto* from = static_cast<const std::byte*>(host);
  auto* to = static_cast<std::byte*>(device);
  const std::size_t num_chunks = (bytes + kChunkBytes - 1) / kChunkBytes;
  std::atomic<std::size_t> next{0};
  const auto work = [&](Lane& lane) {
    use_device(device_);
    for (std::size_t i = next++; i < num_chunks; i = next++) {
      const std::size_t at = i * kChunkBytes;
      lane.copy(from + at, to + at, std::min(kChunkBytes, bytes - at));
    }
    OCTAVO_CUDA(cudaStreamSynchronize(lane.stream));
  };
  const std::size_t num_threads = std::min<std::size_t>(
      {num_chunks, kMaxThreads, std::max(1U, std::thread::hardware_concurrency())});
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < num_threads; ++i) threads.emplace_back(work, std::ref(lanes_[i]));
  work(lanes_[0]);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace octavo::kernels::cuda
