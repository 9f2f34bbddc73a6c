// The same packed bfloat16 weights through AMX: a 16 x 16 tile of sums takes 16 lines of a group at
// once, about thirty times the operations of `vdpbf16ps`, so that up to some hundred rows a product
// is as fast as the weights can be read. One row uses it as well: its bits are those of any batch.
//
// Compiled with AMX on, so nothing here may be an inline function of a shared header.
#include "kernels/cpu/linear.hpp"

#if defined(__AMX_BF16__) && defined(__linux__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace octavo::kernels::cpu {
namespace {

constexpr std::int64_t kTileSteps = 16;  // lines of a group in one tile: 32 columns
constexpr std::size_t kTileBytes = 1024;
constexpr long kAhead = 2;  // tiles to prefetch ahead: 1 KiB each of two streams

struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};

/// Tiles 0 1 / 2 3: sums of the upper / lower rows for two groups; 4 5: inputs; 6 7: weights.
void configure(int upper, int lower) {
  TileConfig config;
  const int rows[8] = {upper, upper, lower, lower, upper, lower, 16, 16};
  for (int t = 0; t < 8; ++t) {
    config.row_bytes[t] = rows[t] > 0 ? 64 : 0;
    config.rows[t] = static_cast<std::uint8_t>(rows[t]);
  }
  _tile_loadconfig(&config);
}

void prefetch(const std::byte* weights) {
  const auto* ahead =
      reinterpret_cast<const char*>(weights) + kAhead * static_cast<long>(kTileBytes);
  for (long line = 0; line < static_cast<long>(kTileBytes); line += 64) {
    _mm_prefetch(ahead + line, _MM_HINT_T0);
  }
}

template <int G, bool kLower>
void load_sums(const TileArgs& args) {
  const long stride = args.sums_stride * 4;
  if (args.first) {
    _tile_zero(0);
    if constexpr (G == 2) _tile_zero(1);
    if constexpr (kLower) _tile_zero(2);
    if constexpr (kLower && G == 2) _tile_zero(3);
    return;
  }
  const float* lower = args.sums + 16 * args.sums_stride;
  _tile_loadd(0, args.sums, stride);
  if constexpr (G == 2) _tile_loadd(1, args.sums + 16, stride);
  if constexpr (kLower) _tile_loadd(2, lower, stride);
  if constexpr (kLower && G == 2) _tile_loadd(3, lower + 16, stride);
}

template <int G, bool kLower>
void store_sums(const TileArgs& args) {
  const long stride = args.sums_stride * 4;
  float* lower = args.sums + 16 * args.sums_stride;
  _tile_stored(0, args.sums, stride);
  if constexpr (G == 2) _tile_stored(1, args.sums + 16, stride);
  if constexpr (kLower) _tile_stored(2, lower, stride);
  if constexpr (kLower && G == 2) _tile_stored(3, lower + 16, stride);
}

template <int G, bool kLower>
void multiply(const TileArgs& args) {
  const auto stride = static_cast<long>(args.input_bytes);
  const auto* upper = static_cast<const std::byte*>(args.inputs[0]);
  const std::byte* lower = upper + 16 * args.input_bytes;
  const std::byte* left = args.weights;
  const std::byte* right = left + args.group_bytes;
  load_sums<G, kLower>(args);
  for (std::int64_t k = 0; k < args.num_steps; k += kTileSteps) {
    if (args.from_memory) {
      prefetch(left);
      if constexpr (G == 2) prefetch(right);
    }
    _tile_loadd(4, upper, stride);
    _tile_loadd(6, left, 64);
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (G == 2) {
      _tile_loadd(7, right, 64);
      _tile_dpbf16ps(1, 4, 7);
    }
    if constexpr (kLower) {
      _tile_loadd(5, lower, stride);
      _tile_dpbf16ps(2, 5, 6);
      if constexpr (G == 2) _tile_dpbf16ps(3, 5, 7);
    }
    upper += 64;
    lower += 64;
    left += kTileBytes;
    right += kTileBytes;
  }
  store_sums<G, kLower>(args);
}

template <int G>
void tile(const TileArgs& args) {
  const int num_rows = static_cast<int>(args.num_rows);
  if (num_rows > 16) {
    configure(16, num_rows - 16);
    multiply<G, true>(args);
  } else {
    configure(num_rows, 0);
    multiply<G, false>(args);
  }
  _tile_release();
}

bool has_instructions() {
  constexpr unsigned kAmxBf16 = 1U << 22;
  constexpr unsigned kAmxTile = 1U << 24;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & kAmxBf16) != 0 && (d & kAmxTile) != 0;
}

bool ask_permission() {
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;
  return has_instructions() && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace

bool has_amx_bf16() {
  static const bool granted = ask_permission();
  return granted;
}

void use_amx_bf16(TileSet& set) {
  for (int n = 1; n <= 32; ++n) set.tiles[n] = {&tile<2>, &tile<1>, n, 2};
  set.single_pass_rows = 32;
  set.pass_rows = 32;
}

}  // namespace octavo::kernels::cpu

#else

namespace octavo::kernels::cpu {

bool has_amx_bf16() { return false; }
void use_amx_bf16(TileSet&) {}

}  // namespace octavo::kernels::cpu
#endif
