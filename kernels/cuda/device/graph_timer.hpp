// How long a device takes for some work that is enqueued as a graph, since that is how steps run:
// enqueued one by one, a small kernel takes less time than its enqueueing.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/cuda/device/runtime.hpp"

namespace octavo::kernels::cuda {

class GraphTimer {
 public:
  /// The time of what could not be run.
  static constexpr float kNever = 1e30F;

  /// `stream`: not the default one.
  explicit GraphTimer(cudaStream_t stream) : stream_(stream) {}

  /// Records what `enqueue` puts into the stream, runs it and waits for it.
  template <class Enqueue>
  float milliseconds(const Enqueue& enqueue) {
    cudaGraph_t graph = nullptr;
    if (!OCTAVO_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal)))
      return kNever;
    enqueue();
    float milliseconds = kNever;
    cudaGraphExec_t replay = nullptr;
    if (OCTAVO_CUDA(cudaStreamEndCapture(stream_, &graph)) &&
        OCTAVO_CUDA(cudaGraphInstantiate(&replay, graph, 0))) {
      milliseconds = time_of(replay);
      cudaGraphExecDestroy(replay);
    }
    if (graph != nullptr) cudaGraphDestroy(graph);
    return milliseconds;
  }

 private:
  float time_of(cudaGraphExec_t replay) {
    if (!OCTAVO_CUDA(cudaGraphUpload(replay, stream_))) return kNever;
    begin_.record(stream_);
    if (!OCTAVO_CUDA(cudaGraphLaunch(replay, stream_))) return kNever;
    end_.record(stream_);
    float elapsed = 0.0F;
    const bool is_known = OCTAVO_CUDA(cudaEventSynchronize(end_)) &&
                          OCTAVO_CUDA(cudaEventElapsedTime(&elapsed, begin_, end_));
    return is_known ? elapsed : kNever;
  }

  cudaStream_t stream_;
  Event begin_;
  Event end_;
};

}  // namespace octavo::kernels::cuda
