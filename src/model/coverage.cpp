#include "src/model/coverage.hpp"

#include <set>

#include "src/model/architectures.hpp"
#include "src/model/weights.hpp"

namespace octavo {
namespace {

Error invalid(const std::string& what) { return Error{Errc::kInvalidFile, what, ""}; }

std::string spell(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const auto extent : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(extent);
  }
  return text + "]";
}

/// Compares what the model needs with what the checkpoint has, before any memory is taken.
class CheckingSource final : public WeightSource {
 public:
  explicit CheckingSource(const Checkpoint& checkpoint) : checkpoint_(checkpoint) {}

  kernels::Matrix matrix(const std::vector<TensorPart>& parts, const Columns& cols,
                         bool transposed) override {
    for (const auto& part : parts) {
      check(part.name,
            transposed ? std::vector{cols.count, part.rows} : std::vector{part.rows, cols.count});
    }
    return {};
  }
  kernels::Vector vector(const std::vector<TensorPart>& parts) override {
    for (const auto& part : parts) check(part.name, {part.rows});
    return {};
  }

  Result<void> verdict(const DecoderSpec& spec) const {
    if (!missing_.empty()) {
      return invalid("the checkpoint lacks " + std::to_string(missing_.size()) +
                     " tensors, the first is " + missing_.front());
    }
    if (fault_) return *fault_;
    for (const auto& [name, tensor] : checkpoint_.tensors()) {
      if (used_.contains(name) || is_ignorable(spec, name)) continue;
      return invalid("the checkpoint has tensor " + name + ", which the model does not use");
    }
    return {};
  }
  std::size_t total_bytes() const { return total_bytes_; }

 private:
  void check(const std::string& name, const std::vector<std::int64_t>& shape) {
    used_.insert(name);
    const StoredTensor* tensor = checkpoint_.find(name);
    if (tensor == nullptr) {
      missing_.push_back(name);
      return;
    }
    total_bytes_ += tensor->size_bytes;
    if (fault_) return;
    if (tensor->shape != shape) {
      fault_ = invalid("tensor " + name + " has shape " + spell(tensor->shape) +
                       ", config.json implies " + spell(shape));
    } else if (!dtype_of(*tensor)) {
      fault_ = Error{
          Errc::kUnsupportedModel,
          "tensor " + name + " has dtype " + tensor->dtype + "; F32, F16 and BF16 are supported",
          ""};
    }
  }

  static bool is_ignorable(const DecoderSpec& spec, std::string_view name) {
    if (spec.tied_head && name == "lm_head.weight") return true;
    for (const auto ending : spec.architecture->names.ignorable) {
      if (!ending.empty() && name.ends_with(ending)) return true;
    }
    return false;
  }

  const Checkpoint& checkpoint_;
  std::set<std::string, std::less<>> used_;
  std::vector<std::string> missing_;
  std::optional<Error> fault_;
  std::size_t total_bytes_ = 0;
};

}  // namespace

std::optional<kernels::DType> dtype_of(const StoredTensor& tensor) {
  if (tensor.dtype == "F32") return kernels::DType::kF32;
  if (tensor.dtype == "F16") return kernels::DType::kF16;
  if (tensor.dtype == "BF16") return kernels::DType::kBF16;
  return std::nullopt;
}

std::string_view name_prefix(const Checkpoint& checkpoint, const DecoderSpec& spec) {
  const WeightNames& names = spec.architecture->names;
  for (const auto prefix : names.prefixes) {
    const auto embedding = std::string(prefix) + std::string(names.embedding) + ".weight";
    if (checkpoint.find(embedding) != nullptr) return prefix;
  }
  return names.prefixes[0];
}

Result<kernels::DType> stored_dtype(const Checkpoint& checkpoint, const DecoderSpec& spec) {
  const auto& names = spec.architecture->names;
  const auto name =
      std::string(name_prefix(checkpoint, spec)) + std::string(names.embedding) + ".weight";
  const StoredTensor* tensor = checkpoint.find(name);
  if (tensor == nullptr) return invalid("the checkpoint lacks tensor " + name);
  const auto dtype = dtype_of(*tensor);
  if (!dtype) {
    return Error{
        Errc::kUnsupportedModel,
        "tensor " + name + " has dtype " + tensor->dtype + "; F32, F16 and BF16 are supported", ""};
  }
  return *dtype;
}

Result<std::size_t> check_coverage(const DecoderSpec& spec, const Checkpoint& checkpoint) {
  CheckingSource checking(checkpoint);
  gather_weights(spec, name_prefix(checkpoint, spec), checking);
  if (auto verdict = checking.verdict(spec); !verdict) return verdict.error();
  return checking.total_bytes();
}

}  // namespace octavo
