// Times of what a stream does, by its own events: the median of some runs, plain or as one graph.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "kernels/cuda/device/check.hpp"

namespace octavo::kernels::cuda {

struct GpuTimer {
  cudaStream_t stream = nullptr;
  cudaEvent_t begin = nullptr;
  cudaEvent_t end = nullptr;

  GpuTimer() {
    OCTAVO_CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    OCTAVO_CUDA(cudaEventCreate(&begin));
    OCTAVO_CUDA(cudaEventCreate(&end));
  }

  /// Milliseconds.
  double median(const std::function<void()>& work, int repeats = 9) const {
    std::vector<float> times;
    for (int i = 0; i < repeats + 2; ++i) {
      float ms = 0.0F;
      OCTAVO_CUDA(cudaEventRecord(begin, stream));
      work();
      OCTAVO_CUDA(cudaEventRecord(end, stream));
      OCTAVO_CUDA(cudaEventSynchronize(end));
      OCTAVO_CUDA(cudaEventElapsedTime(&ms, begin, end));
      if (i >= 2) times.push_back(ms);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
  }

  double graph_ms(const std::function<void()>& work) const {
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t executable = nullptr;
    OCTAVO_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    work();
    OCTAVO_CUDA(cudaStreamEndCapture(stream, &graph));
    OCTAVO_CUDA(cudaGraphInstantiate(&executable, graph, 0));
    const double ms = median([&] { cudaGraphLaunch(executable, stream); });
    cudaGraphExecDestroy(executable);
    cudaGraphDestroy(graph);
    return ms;
  }
};

}  // namespace octavo::kernels::cuda
