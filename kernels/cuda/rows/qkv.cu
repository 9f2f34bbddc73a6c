// Takes the fused projection apart: queries, keys and values of each head are normed, turned and
// put where they belong. A group of lanes has one head, and both elements of each turning pair are
// in the same lane, so a head crosses lanes only for the sum of its norm.
//
//   qkv [num_tokens, (num_heads + 2 * num_kv_heads) * head_dim]
//     -> query [num_tokens, num_heads, head_dim]
//     -> keys and values [num_kv_heads, head_dim] of each token, at the token's slot in the cache
#include <bit>

#include "kernels/cuda/device/launch.cuh"
#include "kernels/cuda/rows/head_lane.cuh"
#include "kernels/cuda/rows/rows.hpp"

namespace octavo::kernels::cuda {
namespace {

constexpr int kWarp = 32;
constexpr int kMaxHeadDim = 256;
constexpr int kLanes = 4;  ///< Neighbouring pairs of a lane in the vectorized form.

template <class T, int N, int kSteps>
__global__ void __launch_bounds__(kHeadThreads)
    split_heads(const QkvArgs args, const HeadShape shape) {
  let_next_start();
  HeadLane<T, N, kSteps> lane(args, shape);
  lane.load_weights();
  wait_for_inputs();
  lane.load(blockIdx.x);
  lane.normalize();
  lane.rotate();
  lane.store();
}

}  // namespace

void split_rotate_write(const QkvArgs& args, DType activation, cudaStream_t stream) {
  const std::int64_t half = args.cos_sin != nullptr ? args.rotary_dim / 2 : 0;
  const std::int64_t rest = args.cache.head_dim / 2 - half;
  const bool has_packs = half % kLanes == 0 && rest % kLanes == 0;
  HeadShape shape;
  if (has_packs) {
    const auto lanes = static_cast<unsigned>(args.cache.head_dim / 2 / kLanes);
    shape.group = static_cast<int>(std::bit_ceil(lanes));
  }
  const auto block_size = static_cast<std::uint64_t>(args.cache.block_size);
  if (std::has_single_bit(block_size)) shape.block_shift = std::countr_zero(block_size);
  shape.elements_per_block = args.cache.elements_per_block();
  const std::int64_t heads = args.num_heads + 2 * args.cache.num_kv_heads;
  const dim3 grid(static_cast<unsigned>(args.num_tokens),
                  static_cast<unsigned>(ceil_div(heads * shape.group, kHeadThreads)));
  with_type(activation, [&]<class T>(T) {
    launch(has_packs ? split_heads<T, kLanes, 1> : split_heads<T, 1, kMaxHeadDim / 2 / kWarp>, grid,
           kHeadThreads, 0, stream, args, shape);
  });
}

}  // namespace octavo::kernels::cuda
