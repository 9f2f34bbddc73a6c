// One device behind one face, so that model code is written once: `cpu/` is the truth and the fast
// path without a GPU, `cuda/` the same on a GPU. Knows nothing of sequences, and of blocks only an
// array of their indices.
//
// A backend is four interfaces, and who needs one of them takes that one: loading takes Storage,
// the decoder takes Operations, the cache takes BlockTransfers, the executor takes Steps. They are
// one object because they share one device: its memory, and the order of what it is given.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/block_transfers.hpp"
#include "kernels/operations.hpp"
#include "kernels/steps.hpp"
#include "kernels/storage.hpp"

namespace octavo::kernels {

class Backend : public Storage, public Operations, public BlockTransfers, public Steps {
 public:
  virtual std::string description() const = 0;  ///< For logs: device, instruction set, threads.
};

/// What the CPU path uses. Empty `instruction_set` picks the best that the machine has.
struct CpuOptions {
  int threads = 0;              ///< 0: all cores that the process may use
  std::string instruction_set;  ///< "", "reference", or a name of Highway's targets (for tests and
                                ///< comparison)
};

/// Null when the machine does not have the instruction set asked for.
std::unique_ptr<Backend> make_cpu_backend(const CpuOptions& options);

/// The names that `CpuOptions::instruction_set` takes on this machine, slowest first.
std::vector<std::string> cpu_instruction_sets();

/// GPUs of one host that share a model.
class CudaGroup;

/// Null, with the reason in `why`, when these devices cannot work together. Each of its members
/// must have a thread of its own.
std::shared_ptr<CudaGroup> make_cuda_group(const std::vector<int>& devices, std::string* why);

/// How a GPU is used.
struct CudaOptions {
  int device = 0;                       ///< CUDA's ordinal.
  std::shared_ptr<CudaGroup> group;     ///< The devices that share a model; null: one alone.
  int rank = 0;                         ///< This device's place in the group.
  DType dtype = DType::kBF16;           ///< The type of activations, which is that of the matrices.
  std::int64_t max_tokens = 0;          ///< The largest step.
  std::int64_t max_seqs = 0;            ///< The largest step.
  std::int64_t max_logits = 0;          ///< Most rows of logits in a step.
  std::int64_t max_context_tokens = 0;  ///< About what all sequences of a step have together.
  std::int64_t vocab_size = 0;
  std::chrono::milliseconds step_timeout{60000};  ///< A step that takes longer counts as lost.
};

/// A GPU that can be used.
struct CudaDevice {
  int ordinal = 0;
  std::string name;
  DeviceMemory memory;
};

/// The GPUs that are present; none, with the reason in `why` (may be null), when the build or the
/// machine has none.
std::vector<CudaDevice> cuda_devices(std::string* why);

/// Null, with the reason in `why`, when that device cannot be used.
std::unique_ptr<Backend> make_cuda_backend(const CudaOptions& options, std::string* why);

}  // namespace octavo::kernels
