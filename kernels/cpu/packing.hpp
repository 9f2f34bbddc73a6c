// Turns rows of a checkpoint into the groups that `linear` streams (linear.hpp has the layout), at
// the speed of memory: the time from the start of the process to the first token goes here.
#pragma once

#include <cstdint>

#include "kernels/cpu/linear.hpp"

namespace octavo::kernels::cpu {

/// Sixteen rows to pack: rows[r] points to `cols` contiguous elements, or is null for a row of
/// zeros.
struct PackArgs {
  const void* rows[kGroupRows] = {};
  DType source = DType::kF32;
  DType dtype = DType::kF32;
  std::int64_t cols = 0;
  std::byte* group = nullptr;  ///< packed_shape(...).group_bytes(), aligned to 64 bytes
};

using PackGroup = void (*)(const PackArgs&);

/// The packer of one Highway target.
PackGroup pack_group(std::int64_t target);

/// Row `row` of a packed matrix as float32. output: [cols]; with `add` it is added.
void unpack_row(const Matrix& matrix, std::int64_t row, float* output, bool add);

}  // namespace octavo::kernels::cpu
