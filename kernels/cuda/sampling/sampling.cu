// The sampler's order of launches and its scratch memory.
#include <algorithm>

#include "kernels/cuda/rows/row_packs.cuh"
#include "kernels/cuda/sampling/candidates.cuh"

namespace octavo::kernels::cuda {
namespace {

int num_granules(std::int64_t vocab_size) {
  return static_cast<int>(ceil_div(vocab_size, kGranule));
}

int num_slices(std::int64_t n, std::int64_t vocab_size) {
  const int granules = num_granules(vocab_size);
  return n <= kFewRows ? granules : static_cast<int>(ceil_div(granules, kWideSlice));
}

/// Cuts scratch memory into arrays; without memory it only counts.
class Carver {
 public:
  explicit Carver(void* memory) : memory_(static_cast<char*>(memory)) {}
  template <class T>
  T* take(std::int64_t count) {
    T* at = memory_ == nullptr ? nullptr : reinterpret_cast<T*>(memory_ + used_);
    constexpr std::int64_t kAlignment = 256;
    used_ += ceil_div(count * static_cast<std::int64_t>(sizeof(T)), kAlignment) * kAlignment;
    return at;
  }
  std::int64_t used() const { return used_; }

 private:
  char* memory_;
  std::int64_t used_ = 0;
};

SampleScratch carve(Carver& carver, std::int64_t rows, std::int64_t vocab_size) {
  SampleScratch scratch{};
  scratch.num_granules = num_granules(vocab_size);
  scratch.slices = num_slices(rows, vocab_size);
  const std::int64_t slices = rows * scratch.slices;
  scratch.states = carver.take<RowState>(rows);
  scratch.slice_best = carver.take<Word64>(slices);
  scratch.slice_top = carver.take<Word64>(slices * kMaxTopLogprobs);
  scratch.slice_mass = carver.take<Word64>(slices);
  scratch.granules = carver.take<GranuleSum>(rows * scratch.num_granules);
  scratch.bin_mass = carver.take<Word64>(rows * kBins);
  scratch.bin_count = carver.take<std::uint32_t>(rows * kBins);
  scratch.raw = carver.take<float>(rows * vocab_size);
  return scratch;
}

}  // namespace

std::size_t sample_workspace_bytes(std::int64_t max_rows, std::int64_t vocab_size) {
  Carver all(nullptr);
  carve(all, max_rows, vocab_size);
  Carver few(nullptr);  // finer slices may need more
  carve(few, std::min(max_rows, kFewRows), vocab_size);
  return static_cast<std::size_t>(std::max(all.used(), few.used()));
}

void sample(float* logits, std::int64_t vocab_size, std::int64_t n, const SampleArrays& arrays,
            DeviceSampleOutput* outputs, void* workspace, cudaStream_t stream) {
  if (n == 0 || vocab_size == 0) return;
  if (vocab_size > kMaxVocab) {
    record_failure("sample", __FILE__, __LINE__, "a vocabulary of more than 262144 tokens");
    return;
  }
  Carver carver(workspace);
  const SampleScratch scratch = carve(carver, n, vocab_size);
  const int vocab = static_cast<int>(vocab_size);
  const int rows = static_cast<int>(n);
  launch_scan(logits, vocab, rows, arrays, scratch, stream);
  launch_resolve(logits, vocab, rows, arrays, outputs, scratch, stream);
  launch_weigh(logits, vocab, rows, arrays, scratch, stream);
  launch_pick(logits, vocab, rows, arrays, outputs, scratch, stream);
}

}  // namespace octavo::kernels::cuda
