#include "tests/kernels/cuda/sampling/sampler_oracle.hpp"

#include <thrust/binary_search.h>
#include <thrust/count.h>
#include <thrust/device_vector.h>
#include <thrust/functional.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/reduce.h>
#include <thrust/scan.h>
#include <thrust/sort.h>
#include <thrust/transform.h>

#include <cmath>

#include "kernels/cuda/sampling/candidates.cuh"
#include "kernels/host/philox.hpp"
#include "kernels/sampling.hpp"

namespace octavo::kernels::cuda {
namespace {

struct MakeCandidate {
  const float* logits;
  __device__ Word64 operator()(int token) const { return candidate(logits[token], token); }
};
struct LogitOf {
  __device__ float operator()(Word64 c) const { return candidate_logit(c); }
};
struct WeightOf {
  float best;
  float temperature;
  __device__ Word64 operator()(Word64 c) const {
    return Scale(best, temperature).weight(candidate_logit(c));
  }
};
struct IsPositive {
  __device__ bool operator()(Word64 weight) const { return weight > 0; }
};
/// A candidate's weight where the filters keep it.
struct KeptWeight {
  WeightOf weight_of;
  float least;          ///< The least divided logit that top-k keeps.
  Word64 last;          ///< The last candidate that top-p keeps.
  Word64 least_weight;  ///< The least weight that min-p keeps.
  __device__ Word64 operator()(Word64 c) const {
    const Word64 weight = weight_of(c);
    return candidate_logit(c) / weight_of.temperature >= least && c >= last &&
                   weight >= least_weight
               ? weight
               : 0;
  }
};

using Words = thrust::device_vector<Word64>;

Words weights_of(const Words& candidates, const KeptWeight& kept) {
  Words weights(candidates.size());
  thrust::transform(candidates.begin(), candidates.end(), weights.begin(), kept);
  return weights;
}

/// The first index at which the running sum reaches `least`.
std::size_t index_reaching(const Words& weights, Word64 least) {
  Words sums(weights.size());
  thrust::inclusive_scan(weights.begin(), weights.end(), sums.begin());
  return static_cast<std::size_t>(thrust::lower_bound(sums.begin(), sums.end(), least) -
                                  sums.begin());
}

float logit_of(const Words& candidates, std::size_t index) {
  thrust::device_vector<float> logit(1);
  thrust::transform(candidates.begin() + static_cast<std::ptrdiff_t>(index),
                    candidates.begin() + static_cast<std::ptrdiff_t>(index) + 1, logit.begin(),
                    LogitOf{});
  return logit[0];
}

}  // namespace

std::int32_t token_by_sorting(const std::vector<float>& logits, const DeviceSampleRow& row) {
  const thrust::device_vector<float> device(logits.begin(), logits.end());
  Words by_token(logits.size());
  thrust::transform(thrust::counting_iterator<int>(0),
                    thrust::counting_iterator<int>(static_cast<int>(logits.size())),
                    by_token.begin(), MakeCandidate{thrust::raw_pointer_cast(device.data())});
  Words sorted = by_token;
  thrust::sort(sorted.begin(), sorted.end(), thrust::greater<Word64>());

  const float best = logit_of(sorted, 0);
  const auto best_token = static_cast<std::int32_t>(~static_cast<std::uint32_t>(sorted[0]));
  if (row.temperature < kGreedyBelow || !std::isfinite(best) || row.min_p > 1.0F) return best_token;
  KeptWeight kept{{best, row.temperature}, -INFINITY, 0, 0};
  const Words weights = weights_of(sorted, kept);
  const auto num_weighted = thrust::count_if(weights.begin(), weights.end(), IsPositive{});
  if (row.top_k > 0 && row.top_k < num_weighted)
    kept.least = logit_of(sorted, static_cast<std::size_t>(row.top_k) - 1) / row.temperature;
  if (row.top_p < 1.0F) {
    const Words left = weights_of(sorted, kept);
    const Word64 mass = thrust::reduce(left.begin(), left.end(), Word64{0});
    const double allowed = (1.0 - static_cast<double>(row.top_p)) * static_cast<double>(mass);
    if (allowed >= static_cast<double>(mass)) return best_token;
    kept.last = sorted[index_reaching(left, mass - static_cast<Word64>(allowed))];
  }
  kept.least_weight = static_cast<Word64>(
      std::ceil(static_cast<double>(row.min_p) * static_cast<double>(Word64{1} << kWeightBits)));

  const Words survivors = weights_of(by_token, kept);
  const Word64 mass = thrust::reduce(survivors.begin(), survivors.end(), Word64{0});
  if (mass == 0) return best_token;
  const auto at =
      static_cast<Word64>(uniform_draw(row.seed, row.position) * static_cast<double>(mass));
  return static_cast<std::int32_t>(index_reaching(survivors, (at < mass ? at : mass - 1) + 1));
}

}  // namespace octavo::kernels::cuda
