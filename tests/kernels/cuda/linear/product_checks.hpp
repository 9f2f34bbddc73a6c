// What holds for every kind of matrix product on the GPU, whatever its weights are made of. A
// fixture has args(), poison() of its output, and the output's bytes().
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>

#include "tests/support/catch.hpp"

namespace octavo::kernels::cuda {

/// `second` reads what `first` writes, again and again, as they come and recorded into a graph:
/// neither their overlap nor anything else may show.
template <class Linear, class First, class Second>
void check_repeats(Linear& linear, cudaStream_t stream, const First& first, const Second& second) {
  auto chained = second.args();
  chained.input = first.args().output;
  const auto both = [&] {
    linear.run(first.args());
    linear.run(chained);
  };
  both();
  REQUIRE(cudaStreamSynchronize(stream) == cudaSuccess);
  const auto expected = second.bytes();
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  REQUIRE(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal) == cudaSuccess);
  for (int i = 0; i < 3; ++i) both();
  REQUIRE(cudaStreamEndCapture(stream, &graph) == cudaSuccess);
  REQUIRE(cudaGraphInstantiate(&executable, graph, 0) == cudaSuccess);
  for (int i = 0; i < 20; ++i) {
    first.poison();
    second.poison();
    REQUIRE(cudaDeviceSynchronize() == cudaSuccess);
    if (i % 2 == 0) {
      both();
    } else {
      REQUIRE(cudaGraphLaunch(executable, stream) == cudaSuccess);
    }
    REQUIRE(cudaStreamSynchronize(stream) == cudaSuccess);
    CHECK(second.bytes() == expected);
  }
  cudaGraphExecDestroy(executable);
  cudaGraphDestroy(graph);
}

/// The first n rows come out the same when they are all there is.
template <class Linear, class Fixture>
void check_rows_alone(Linear& linear, const Fixture& all, std::initializer_list<std::int64_t> few) {
  linear.run(all.args());
  REQUIRE(cudaDeviceSynchronize() == cudaSuccess);
  const auto expected = all.bytes();
  for (const std::int64_t n : few) {
    auto args = all.args();
    if (n > args.n) continue;
    const std::size_t bytes =
        expected.size() / static_cast<std::size_t>(args.n) * static_cast<std::size_t>(n);
    args.n = n;
    all.poison();
    linear.run(args);
    REQUIRE(cudaDeviceSynchronize() == cudaSuccess);
    CAPTURE(n);
    const auto alone = all.bytes();
    CHECK(std::memcmp(alone.data(), expected.data(), bytes) == 0);
  }
}

}  // namespace octavo::kernels::cuda
