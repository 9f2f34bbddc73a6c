// What the machine can do at best, so that a benchmark can print its number beside the ceiling of
// the same minute: a shared machine's speed of yesterday proves nothing.
#pragma once

#include <string>

#include "kernels/backend.hpp"
#include "kernels/host/thread_pool.hpp"

namespace octavo::bench {

/// Bytes and operations per second.
struct MachineSpeed {
  int threads = 0;
  double read_small_pages_one = 0.0;  ///< 4 KiB pages, one core
  double read_small_pages_all = 0.0;
  double read_huge_pages_one = 0.0;  ///< 2 MiB pages
  double read_huge_pages_all = 0.0;
  double fp32_one = 0.0;  ///< Fused multiply-adds counted as two
  double fp32_all = 0.0;
  double bf16_one = 0.0;  ///< `vdpbf16ps`; 0 where the machine has none
  double bf16_all = 0.0;
};

class MachineProbe {
 public:
  /// threads: 0 takes all cores that the process may use. Takes 2 x `read_bytes` of memory.
  explicit MachineProbe(int threads, std::size_t read_bytes = std::size_t{512} << 20);

  /// Seconds of work for each figure: about a tenth.
  double read(bool huge_pages, bool all_cores);
  double fp32(bool all_cores);
  double bf16(bool all_cores);
  MachineSpeed measure();

 private:
  double operations(double (*work)(long), double per_call, bool all_cores);

  kernels::ThreadPool pool_;
  kernels::Buffer small_pages_;
  kernels::Buffer huge_pages_;
};

/// One JSON object, GB/s and GFLOP/s.
std::string to_json(const MachineSpeed& speed);

/// One tenth of a second or so of `vdpbf16ps`: `rounds` x 1024 x 64 operations. Returns a value
/// that depends on all of them.
double bf16_work(long rounds);

}  // namespace octavo::bench
