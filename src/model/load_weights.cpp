#include "src/model/load_weights.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#include "src/model/coverage.hpp"

namespace octavo {
namespace {

/// Common to the sources that fill memory: notices what did not fit, counts what was read.
class FillingSource : public WeightSource {
 public:
  FillingSource(kernels::Storage& storage, kernels::DType dtype, const LoadProgress& progress,
                std::size_t total_bytes, bool quantizes)
      : storage_(storage),
        dtype_(dtype),
        progress_(progress),
        total_bytes_(total_bytes),
        quantizes_(quantizes) {}
  kernels::Matrix for_product(kernels::Matrix matrix) override {
    if (!quantizes_ || !matrix) return matrix;
    auto quantized = storage_.quantize(std::move(matrix));
    if (!quantized) out_of_memory_ = true;
    return quantized;
  }
  bool out_of_memory() const { return out_of_memory_; }

 protected:
  template <class T>
  T keep(T weight, std::size_t bytes) {
    if (!weight) out_of_memory_ = true;
    done_bytes_ += bytes;
    if (progress_) progress_(done_bytes_, total_bytes_);
    return weight;
  }

  kernels::Storage& storage_;
  kernels::DType dtype_;
  bool out_of_memory_ = false;

 private:
  const LoadProgress& progress_;
  std::size_t done_bytes_ = 0;
  std::size_t total_bytes_ = 0;
  bool quantizes_ = false;
};

class CheckpointSource final : public FillingSource {
 public:
  CheckpointSource(kernels::Storage& storage, kernels::DType dtype, const LoadProgress& progress,
                   std::size_t total_bytes, bool quantizes, const Checkpoint& checkpoint)
      : FillingSource(storage, dtype, progress, total_bytes, quantizes), checkpoint_(checkpoint) {}

  kernels::Matrix matrix(const std::vector<TensorPart>& parts, const Columns& cols,
                         bool transposed) override {
    if (out_of_memory_) return {};
    std::vector<kernels::HostMatrix> hosts;
    copies_.clear();
    for (const auto& part : parts) hosts.push_back(host_part(part, cols, transposed));
    return keep(storage_.prepare_matrix(hosts, dtype_), stored_bytes(parts));
  }
  kernels::Vector vector(const std::vector<TensorPart>& parts) override {
    if (out_of_memory_) return {};
    std::vector<kernels::HostMatrix> hosts;
    copies_.clear();
    for (const auto& part : parts) {
      hosts.push_back(host_part(part, {1}, false));
      hosts.back().cols = std::exchange(hosts.back().rows, 1);
    }
    return keep(storage_.prepare_vector(hosts), stored_bytes(parts));
  }

 private:
  /// The part where it lies in the file, or a copy: of columns that do not lie together, and of
  /// what begins at an odd address.
  kernels::HostMatrix host_part(const TensorPart& part, const Columns& cols, bool transposed) {
    const StoredTensor& tensor = *checkpoint_.find(part.name);
    const auto dtype = *dtype_of(tensor);
    const std::size_t element_bytes = kernels::size_of(dtype);
    // In the file's own order: lines of neighbouring elements.
    const std::int64_t num_lines = transposed ? cols.count : part.rows;
    const std::int64_t first_line = transposed ? cols.first : part.first_row;
    const std::int64_t length = transposed ? part.rows : cols.count;
    const std::int64_t first = transposed ? part.first_row : cols.first;
    const std::int64_t stored_length = tensor.shape.size() > 1 ? tensor.shape[1] : 1;
    const auto bytes = [element_bytes](std::int64_t count) {
      return static_cast<std::size_t>(count) * element_bytes;
    };
    const std::byte* begin = tensor.data + bytes(first_line * stored_length + first);
    const bool lies_together = length == stored_length;
    if (!lies_together || reinterpret_cast<std::uintptr_t>(begin) % element_bytes != 0) {
      auto& copy = copies_.emplace_back((bytes(num_lines * length) + 3) / 4);
      auto* target = reinterpret_cast<std::byte*>(copy.data());
      for (std::int64_t i = 0; i < num_lines; ++i)
        std::memcpy(target + bytes(i * length), begin + bytes(i * stored_length), bytes(length));
      begin = target;
    }
    return {begin, dtype, part.rows, cols.count, transposed};
  }

  std::size_t stored_bytes(const std::vector<TensorPart>& parts) const {
    std::size_t bytes = 0;
    for (const auto& part : parts) bytes += checkpoint_.find(part.name)->size_bytes;
    return bytes;
  }

  const Checkpoint& checkpoint_;
  std::vector<std::vector<std::uint32_t>> copies_;
};

class RandomSource final : public FillingSource {
 public:
  RandomSource(kernels::Storage& storage, kernels::DType dtype, const LoadProgress& progress,
               std::size_t total_bytes, bool quantizes, std::uint64_t seed)
      : FillingSource(storage, dtype, progress, total_bytes, quantizes), seed_(seed) {}

  kernels::Matrix matrix(const std::vector<TensorPart>& parts, const Columns& cols, bool) override {
    if (out_of_memory_) return {};
    std::int64_t rows = 0;
    for (const auto& part : parts) rows += part.rows;
    const float scale = 1.0F / std::sqrt(static_cast<float>(cols.count));
    return keep(storage_.random_matrix(rows, cols.count, dtype_, seed_++, scale),
                static_cast<std::size_t>(rows * cols.count) * kernels::size_of(dtype_));
  }
  kernels::Vector vector(const std::vector<TensorPart>& parts) override {
    if (out_of_memory_) return {};
    std::vector<float> values;
    for (const auto& part : parts) {
      const float value = part.name.ends_with(".weight") ? 1.0F : 0.0F;
      values.insert(values.end(), static_cast<std::size_t>(part.rows), value);
    }
    const kernels::HostMatrix host{values.data(), kernels::DType::kF32, 1,
                                   static_cast<std::int64_t>(values.size()), false};
    return keep(storage_.prepare_vector({&host, 1}), values.size() * sizeof(float));
  }

 private:
  std::uint64_t seed_;
};

Error no_memory() { return Error{Errc::kOutOfMemory, "the weights do not fit into memory", ""}; }

}  // namespace

Result<Weights> load_weights(kernels::Storage& storage, const DecoderSpec& spec,
                             const Checkpoint& checkpoint, kernels::DType dtype,
                             const LoadProgress& progress, const Shard& shard, bool quantizes) {
  const auto prefix = name_prefix(checkpoint, spec);
  const auto total_bytes = check_coverage(spec, checkpoint);
  if (!total_bytes) return total_bytes.error();
  CheckpointSource source(storage, dtype, progress, *total_bytes, quantizes, checkpoint);
  auto weights = gather_weights(spec, prefix, source, shard);
  if (source.out_of_memory()) return no_memory();
  return weights;
}

Result<Weights> random_weights(kernels::Storage& storage, const DecoderSpec& spec,
                               kernels::DType dtype, std::uint64_t seed,
                               const LoadProgress& progress, const Shard& shard, bool quantizes) {
  const auto count = count_parameters(spec);
  const auto total = static_cast<std::size_t>(count.matrices) * kernels::size_of(dtype) +
                     static_cast<std::size_t>(count.vectors) * sizeof(float);
  RandomSource source(storage, dtype, progress, total, quantizes, seed);
  auto weights = gather_weights(spec, "", source, shard);
  if (source.out_of_memory()) return no_memory();
  return weights;
}

}  // namespace octavo
