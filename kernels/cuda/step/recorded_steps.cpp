#include "kernels/cuda/step/recorded_steps.hpp"

#include <algorithm>

#include "kernels/cuda/device/check.hpp"

namespace octavo::kernels::cuda {

void RecordedSteps::run(std::int64_t key, cudaStream_t stream, const std::function<void()>& ops) {
  const auto [found, is_new] = recordings_.try_emplace(key);
  Recording& recording = found->second;
  recording.last_use = ++clock_;
  if (is_new) {
    if (recordings_.size() > kMaxRecordings) forget_oldest();
    return ops();
  }
  if (recording.graph == nullptr) {
    cudaGraph_t graph = nullptr;
    if (!OCTAVO_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal))) return;
    ops();
    if (!OCTAVO_CUDA(cudaStreamEndCapture(stream, &graph))) return;
    OCTAVO_CUDA(cudaGraphInstantiate(&recording.graph, graph, 0));
    OCTAVO_CUDA(cudaGraphDestroy(graph));
  }
  OCTAVO_CUDA(cudaGraphLaunch(recording.graph, stream));
}

void RecordedSteps::forget_oldest() {
  const auto oldest = std::min_element(
      recordings_.begin(), recordings_.end(),
      [](const auto& a, const auto& b) { return a.second.last_use < b.second.last_use; });
  if (oldest->second.graph != nullptr) OCTAVO_CUDA(cudaGraphExecDestroy(oldest->second.graph));
  recordings_.erase(oldest);
}

void RecordedSteps::clear() {
  for (auto& [key, recording] : recordings_) {
    if (recording.graph != nullptr) OCTAVO_CUDA(cudaGraphExecDestroy(recording.graph));
  }
  recordings_.clear();
}

std::int64_t padded_rows(std::int64_t n) {
  constexpr std::int64_t kMostRows = 512;
  if (n <= 0 || n > kMostRows) return 0;
  if (n <= 2) return n;
  if (n <= 4) return 4;
  const std::int64_t step = n <= 64 ? 8 : n <= 256 ? 16 : 32;
  return (n + step - 1) / step * step;
}

}  // namespace octavo::kernels::cuda
