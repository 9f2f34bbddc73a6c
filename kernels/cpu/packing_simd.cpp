// Packing as 4 x 4 transposes of 32-bit words, compiled once per Highway target.
#include <algorithm>
#include <cstring>

#include "kernels/cpu/packing.hpp"
#include "kernels/host/half.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/packing_simd.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/cpu/dispatch.hpp"

HWY_BEFORE_NAMESPACE();
namespace octavo::kernels::cpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int64_t kBlockSteps = 16;  // lines per block: 64 bytes of each row become 1 KiB
constexpr std::int64_t kWords = 16;       // 32-bit words of a line

/// Converts columns [first, first + count) of a row; what lies past the row's end becomes zero.
void fetch(const PackArgs& args, const void* row, std::int64_t first, std::int64_t count,
           void* output) {
  const std::int64_t inside =
      row == nullptr ? 0 : std::clamp<std::int64_t>(args.cols - first, 0, count);
  with_type(args.dtype, [&]<class To>(To) {
    To* to = static_cast<To*>(output);
    with_type(args.source, [&]<class From>(From) {
      const From* from = static_cast<const From*>(row) + (row == nullptr ? 0 : first);
      for (std::int64_t i = 0; i < inside; ++i) {
        if constexpr (std::is_same_v<To, From>) {
          to[i] = from[i];
        } else {
          to[i] = from_float<To>(to_float(from[i]));
        }
      }
    });
    std::fill(to + inside, to + count, To{});
  });
}

/// lines[step][row] = rows[row][step], 16 x 16 words.
HWY_INLINE void transpose(const std::uint32_t* const* rows, std::uint32_t* lines) {
  const hn::CappedTag<std::uint32_t, 4> d;
  const hn::Repartition<std::uint64_t, decltype(d)> d64;
  for (int quad = 0; quad < 4; ++quad) {
    for (int chunk = 0; chunk < 4; ++chunk) {
      const auto r0 = hn::LoadU(d, rows[4 * quad] + 4 * chunk);
      const auto r1 = hn::LoadU(d, rows[4 * quad + 1] + 4 * chunk);
      const auto r2 = hn::LoadU(d, rows[4 * quad + 2] + 4 * chunk);
      const auto r3 = hn::LoadU(d, rows[4 * quad + 3] + 4 * chunk);
      const auto low01 = hn::BitCast(d64, hn::InterleaveLower(d, r0, r1));
      const auto low23 = hn::BitCast(d64, hn::InterleaveLower(d, r2, r3));
      const auto high01 = hn::BitCast(d64, hn::InterleaveUpper(d, r0, r1));
      const auto high23 = hn::BitCast(d64, hn::InterleaveUpper(d, r2, r3));
      std::uint32_t* out = lines + 4 * chunk * kWords + 4 * quad;
      hn::Store(hn::BitCast(d, hn::InterleaveLower(d64, low01, low23)), d, out);
      hn::Store(hn::BitCast(d, hn::InterleaveUpper(d64, low01, low23)), d, out + kWords);
      hn::Store(hn::BitCast(d, hn::InterleaveLower(d64, high01, high23)), d, out + 2 * kWords);
      hn::Store(hn::BitCast(d, hn::InterleaveUpper(d64, high01, high23)), d, out + 3 * kWords);
    }
  }
}

/// Writes past the caches: packed weights are larger than any.
HWY_INLINE void stream(const std::uint32_t* from, std::int64_t num_words, std::uint32_t* to) {
  const hn::CappedTag<std::uint32_t, 16> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t i = 0; i < num_words; i += lanes) hn::Stream(hn::Load(d, from + i), d, to + i);
}

/// float32 and bfloat16 pairs: words stay whole.
void pack_words(const PackArgs& args, std::int64_t num_steps) {
  const std::int64_t cols_per_block = args.dtype == DType::kBF16 ? 2 * kBlockSteps : kBlockSteps;
  const bool same = args.source == args.dtype;
  const std::size_t block_bytes = static_cast<std::size_t>(kBlockSteps) * sizeof(std::uint32_t);
  alignas(64) std::uint32_t fetched[kGroupRows][kBlockSteps];
  alignas(64) std::uint32_t lines[kBlockSteps * kWords];
  auto* output = reinterpret_cast<std::uint32_t*>(args.group);
  for (std::int64_t step = 0; step < num_steps; step += kBlockSteps) {
    const std::int64_t first = step / kBlockSteps * cols_per_block;
    const bool whole = same && first + cols_per_block <= args.cols;
    const std::uint32_t* rows[kGroupRows];
    for (std::int64_t r = 0; r < kGroupRows; ++r) {
      if (whole && args.rows[r] != nullptr) {
        rows[r] = reinterpret_cast<const std::uint32_t*>(
            static_cast<const std::byte*>(args.rows[r]) +
            static_cast<std::size_t>(step / kBlockSteps) * block_bytes);
      } else {
        fetch(args, args.rows[r], first, cols_per_block, fetched[r]);
        rows[r] = fetched[r];
      }
    }
    transpose(rows, lines);
    stream(lines, std::min(kBlockSteps, num_steps - step) * kWords, output + step * kWords);
  }
}

void pack_halves(const PackArgs& args, std::int64_t num_steps) {
  constexpr std::int64_t kCols = 32;
  F16 fetched[kGroupRows][kCols];
  auto* output = reinterpret_cast<F16*>(args.group);
  for (std::int64_t step = 0; step < num_steps; step += kCols) {
    const std::int64_t count = std::min(kCols, num_steps - step);
    for (std::int64_t r = 0; r < kGroupRows; ++r)
      fetch(args, args.rows[r], step, count, fetched[r]);
    for (std::int64_t c = 0; c < count; ++c) {
      for (std::int64_t r = 0; r < kGroupRows; ++r) {
        output[(step + c) * kGroupRows + r] = fetched[r][c];
      }
    }
  }
}

void pack(const PackArgs& args) {
  const PackedShape shape = packed_shape(args.dtype, kGroupRows, args.cols);
  if (args.dtype == DType::kF16) {
    pack_halves(args, shape.num_steps);
  } else {
    pack_words(args, shape.num_steps);
    hwy::FlushStream();
  }
}

PackGroup make_pack_group() { return pack; }

}  // namespace
}  // namespace octavo::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
OCTAVO_EXPORT_KERNELS(PackGroup, pack_group, make_pack_group)

namespace octavo::kernels::cpu {

void unpack_row(const Matrix& matrix, std::int64_t row, float* output, bool add) {
  const PackedShape shape = packed_shape(matrix.dtype, matrix.rows, matrix.cols);
  const std::byte* group = matrix.storage.as<const std::byte>() +
                           static_cast<std::size_t>(row / kGroupRows) * shape.group_bytes();
  const std::int64_t per_step = shape.cols_per_step;
  const std::int64_t first = row % kGroupRows * per_step;
  with_type(matrix.dtype, [&]<class T>(T) {
    const T* elements = reinterpret_cast<const T*>(group) + first;
    for (std::int64_t c = 0; c < matrix.cols; ++c) {
      const std::int64_t at = c / per_step * per_step * kGroupRows + c % per_step;
      const float value = to_float(elements[at]);
      output[c] = add ? output[c] + value : value;
    }
  });
}

}  // namespace octavo::kernels::cpu
#endif
