// A step that only decodes enqueues some three hundred kernels, the same ones each time: recorded
// once for each number of sequences (rounded up), it is replayed as one graph, and the host has
// done with it in microseconds.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <functional>
#include <map>

namespace octavo::kernels::cuda {

class RecordedSteps {
 public:
  ~RecordedSteps() { clear(); }
  RecordedSteps() = default;
  RecordedSteps(const RecordedSteps&) = delete;
  RecordedSteps& operator=(const RecordedSteps&) = delete;

  /// Enqueues `ops` on `stream`: as they are the first time that `key` is seen (which loads code
  /// and lets libraries choose), recorded the second time, from then on by replay.
  void run(std::int64_t key, cudaStream_t stream, const std::function<void()>& ops);
  /// What was recorded no longer holds: an address has changed.
  void clear();

 private:
  /// Bounds the memory that recordings take: some megabytes each.
  static constexpr std::size_t kMaxRecordings = 48;

  struct Recording {
    cudaGraphExec_t graph = nullptr;  ///< Null: seen once.
    std::uint64_t last_use = 0;
  };

  void forget_oldest();

  std::map<std::int64_t, Recording> recordings_;
  std::uint64_t clock_ = 0;
};

/// The number of rows that a decoding step of `n` sequences is padded to; 0: it is not recorded.
std::int64_t padded_rows(std::int64_t n);

}  // namespace octavo::kernels::cuda
