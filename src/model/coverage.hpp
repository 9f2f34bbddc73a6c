// Does a checkpoint hold the model that config.json describes? A tensor too few, too many or of
// another shape is an error with its name: a model that is nearly right talks nonsense.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "kernels/tensor.hpp"
#include "src/model/checkpoint.hpp"
#include "src/model/decoder_spec.hpp"

namespace octavo {

/// None for a dtype that no weight may have.
std::optional<kernels::DType> dtype_of(const StoredTensor& tensor);

/// The first of the architecture's prefixes under which the checkpoint has an embedding.
std::string_view name_prefix(const Checkpoint& checkpoint, const DecoderSpec& spec);

/// The dtype in which the checkpoint stores its embedding. Errors: kInvalidFile, kUnsupportedModel.
[[nodiscard]] Result<kernels::DType> stored_dtype(const Checkpoint& checkpoint,
                                                  const DecoderSpec& spec);

/// Bytes of all tensors that the model uses. Errors: kInvalidFile for missing, surplus or misshapen
/// tensors; kUnsupportedModel for a dtype that is not F32, F16 or BF16.
[[nodiscard]] Result<std::size_t> check_coverage(const DecoderSpec& spec,
                                                 const Checkpoint& checkpoint);

}  // namespace octavo
