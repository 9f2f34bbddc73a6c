// A step of paged attention for tests of the GPU: its sequences, their cache, its output, and what
// that should be. Slots that no token has hold NaN, and so does the output before each run.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "kernels/cuda/attention/attention.hpp"
#include "kernels/cuda/device/check.hpp"
#include "kernels/cuda/rows/rows.hpp"
#include "kernels/host/half.hpp"
#include "tests/kernels/cuda/support/device_array.hpp"
#include "tests/kernels/cuda/support/f8_head.hpp"
#include "tests/support/catch.hpp"

namespace octavo::kernels::attention_test {

namespace gpu = octavo::kernels::cuda;

using gpu::DeviceArray;

struct Sequence {
  std::int32_t length = 1;  ///< Tokens of this step.
  std::int32_t context = 1;
};

struct Shape {
  std::int64_t num_heads = 32;
  std::int64_t num_kv_heads = 8;
  std::int64_t head_dim = 128;
  std::int64_t block_size = 16;
  DType dtype = DType::kBF16;
  DType cache_dtype = DType::kBF16;
  std::int64_t sliding_window = 0;
  float soft_cap = 0.0F;
  std::int64_t num_layers = 2;
};

inline std::vector<Sequence> uniform(std::size_t count, std::int32_t length, std::int32_t context) {
  return std::vector<Sequence>(count, Sequence{length, context});
}

/// Values in [-2, 2) by a hash of their place: quick, and equal for equal seeds.
inline float value_at(std::uint64_t seed, std::uint64_t i) {
  std::uint64_t x = (i + 1) * 0x9e3779b97f4a7c15ULL + seed * 0xd1b54a32d192ed03ULL;
  x = (x ^ (x >> 31)) * 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 29;
  return static_cast<float>(x >> 40) * (4.0F / 16777216.0F) - 2.0F;
}

inline void store(DType dtype, void* data, std::size_t i, float value) {
  if (dtype == DType::kF32) static_cast<float*>(data)[i] = value;
  if (dtype == DType::kF16) static_cast<F16*>(data)[i] = from_float<F16>(value);
  if (dtype == DType::kBF16) static_cast<Bf16*>(data)[i] = from_float<Bf16>(value);
}

inline float load(DType dtype, const void* data, std::size_t i) {
  if (dtype == DType::kF32) return static_cast<const float*>(data)[i];
  if (dtype == DType::kF16) return to_float(static_cast<const F16*>(data)[i]);
  return to_float(static_cast<const Bf16*>(data)[i]);
}

/// A step's sequences with a cache of their own, blocks in random order. What a token holds depends
/// on its sequence's seed and on its position alone.
class Step {
 public:
  Step(const Shape& shape, std::vector<Sequence> sequences, std::vector<std::uint64_t> seeds = {})
      : shape_(shape), sequences_(std::move(sequences)), seeds_(std::move(seeds)) {
    if (seeds_.empty()) {
      seeds_.resize(sequences_.size());
      std::iota(seeds_.begin(), seeds_.end(), 1);
    }
    for (const Sequence& s : sequences_) {
      cu_seqlens_.push_back(cu_seqlens_.back() + s.length);
      contexts_.push_back(s.context);
      const auto blocks = (s.context + shape.block_size - 1) / shape.block_size;
      cu_blocks_.push_back(cu_blocks_.back() + static_cast<std::int32_t>(blocks));
    }
    tables_.resize(static_cast<std::size_t>(cu_blocks_.back()));
    std::iota(tables_.begin(), tables_.end(), 0);
    std::shuffle(tables_.begin(), tables_.end(), std::mt19937(5));
    cache_ = {nullptr,          shape.cache_dtype,  cu_blocks_.back(),
              shape.num_layers, shape.num_kv_heads, shape.block_size,
              shape.head_dim};
    fill();
  }

  /// The step's output, computed on the device `repeats` times in one workspace. `padding`:
  /// sequences that are launched beyond the plan's.
  std::vector<float> run(std::int64_t padding = 0, int repeats = 1) {
    const std::size_t num_queries = query_.size() / size_of(shape_.dtype);
    const gpu::AttentionShape limits{cu_seqlens_.back(),
                                     static_cast<std::int64_t>(sequences_.size()) + padding,
                                     std::accumulate(contexts_.begin(), contexts_.end(), 0LL)};
    std::vector<std::byte> plan_bytes(gpu::attention_plan_bytes(limits));
    const gpu::AttentionPlan plan =
        gpu::plan_attention(limits, cu_seqlens_.data(), contexts_.data(),
                            static_cast<std::int64_t>(sequences_.size()), plan_bytes.data());
    REQUIRE(plan.bytes <= plan_bytes.size());
    std::vector<char> poison(query_.size());
    for (std::size_t i = 0; i < num_queries; ++i) {
      store(shape_.dtype, poison.data(), i, std::numeric_limits<float>::quiet_NaN());
    }
    DeviceArray cache(data_);
    const DeviceArray query(query_);
    const DeviceArray device_plan(plan_bytes);
    const DeviceArray tables(tables_);
    const DeviceArray cu_seqlens(cu_seqlens_), contexts(contexts_), cu_blocks(cu_blocks_);
    DeviceArray output(poison);
    const DeviceArray<std::byte> workspace(
        gpu::attention_workspace_bytes(limits, shape_.num_heads, shape_.head_dim));
    workspace.set_bytes(0);
    AttentionArgs args = settings(padding);
    args.query = query.data();
    args.output = output.data();
    args.cu_seqlens = cu_seqlens.data();
    args.context_lens = contexts.data();
    args.cu_blocks = cu_blocks.data();
    args.block_tables = tables.data();
    args.cache.data = cache.data();
    std::vector<char> data = data_;
    if (own_tokens_come_late_) forget_own_tokens(data);
    const DeviceArray projected(own_tokens_come_late_ ? projected_rows() : std::vector<char>{});
    const DeviceArray slots(own_slots());
    for (int i = 0; i < repeats; ++i) {
      output.set(poison);
      if (own_tokens_come_late_) {
        cache.set(data);
        gpu::split_rotate_write({.qkv = projected.data(),
                                 .query = query.data(),
                                 .slots = slots.data(),
                                 .num_tokens = cu_seqlens_.back(),
                                 .num_heads = shape_.num_heads,
                                 .layer = args.layer,
                                 .cache = args.cache},
                                shape_.dtype, nullptr);
      }
      gpu::attention(args, shape_.dtype, limits, plan, device_plan.data(), workspace.data(),
                     nullptr);
      OCTAVO_CUDA(cudaDeviceSynchronize());
    }
    const std::vector<char> bytes = output.get();
    std::vector<float> result(num_queries);
    for (std::size_t i = 0; i < num_queries; ++i) result[i] = load(shape_.dtype, bytes.data(), i);
    return result;
  }

  /// From now on the keys and values of the step's own tokens, one of each sequence, are written by
  /// the kernel just ahead.
  void let_own_tokens_come_late() { own_tokens_come_late_ = true; }

  struct Error {
    double norm = 0.0;     ///< The norm of the difference, over that of what is expected.
    double largest = 0.0;  ///< The largest difference, over the root mean square.
  };

  /// Over about `samples` rows of a head.
  Error error(const std::vector<float>& actual, std::int64_t samples) const {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(cu_seqlens_.back() * shape_.num_heads));
    std::iota(rows.begin(), rows.end(), 0);
    std::shuffle(rows.begin(), rows.end(), std::mt19937(7));
    if (static_cast<std::int64_t>(rows.size()) > samples) rows.resize(samples);
    constexpr std::size_t kThreads = 8;
    std::vector<double> squares(kThreads), differences(kThreads), largest(kThreads);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = t; i < rows.size(); i += kThreads) {
          const std::vector<double> expected = attend(rows[i]);
          for (std::size_t d = 0; d < expected.size(); ++d) {
            const double x = actual[static_cast<std::size_t>(rows[i] * shape_.head_dim) + d];
            const double difference = std::abs(x - expected[d]);
            if (!(difference <= largest[t])) largest[t] = difference;
            differences[t] += difference * difference;
            squares[t] += expected[d] * expected[d];
          }
        }
      });
    }
    double square = 0.0;
    double difference = 0.0;
    double most = 0.0;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads[t].join();
      square += squares[t];
      difference += differences[t];
      if (!(largest[t] <= most)) most = largest[t];
    }
    return {std::sqrt(difference / square),
            most / std::sqrt(square / static_cast<double>(rows.size() * shape_.head_dim))};
  }

  std::vector<float> rows_of(const std::vector<float>& output, std::size_t seq) const {
    const std::int64_t row = shape_.num_heads * shape_.head_dim;
    return {output.begin() + cu_seqlens_[seq] * row, output.begin() + cu_seqlens_[seq + 1] * row};
  }

 private:
  /// The arguments that are no arrays of the step.
  AttentionArgs settings(std::int64_t padding) const {
    AttentionArgs args;
    args.num_seqs = static_cast<std::int64_t>(sequences_.size()) + padding;
    args.num_heads = shape_.num_heads;
    args.layer = shape_.num_layers - 1;
    args.sliding_window = shape_.sliding_window;
    args.scale = scale();
    args.soft_cap = shape_.soft_cap;
    args.cache = cache_;
    return args;
  }

  float scale() const { return 1.0F / std::sqrt(static_cast<float>(shape_.head_dim)); }

  /// Where a token's key or value lies, in elements, and its scale.
  struct CachedHead {
    std::size_t first = 0;
    std::size_t scale = 0;
  };

  CachedHead cached_head(std::size_t seq, std::int64_t position, bool values,
                         std::int64_t head) const {
    const std::int64_t block = tables_[cu_blocks_[seq] + position / shape_.block_size];
    const std::int64_t begin = block * cache_.elements_per_block();
    const std::int64_t run =
        ((shape_.num_layers - 1) * 2 + (values ? 1 : 0)) * shape_.num_kv_heads + head;
    const std::int64_t row = run * shape_.block_size + position % shape_.block_size;
    return {static_cast<std::size_t>(begin + row * shape_.head_dim),
            static_cast<std::size_t>(begin + cache_.rows_per_block() * shape_.head_dim + row)};
  }

  void store_head(const CachedHead& to, const std::vector<float>& values) {
    if (shape_.cache_dtype != DType::kF8) {
      for (std::size_t d = 0; d < values.size(); ++d) {
        store(shape_.cache_dtype, data_.data(), to.first + d, values[d]);
      }
      return;
    }
    const F8Head head = f8_head(values);
    data_[to.scale] = static_cast<char>(head.scale);
    std::copy(head.elements.begin(), head.elements.end(), data_.begin() + to.first);
  }

  std::vector<float> load_head(const CachedHead& from) const {
    std::vector<float> values(static_cast<std::size_t>(shape_.head_dim));
    for (std::size_t d = 0; d < values.size(); ++d) {
      values[d] = shape_.cache_dtype == DType::kF8
                      ? to_float(F8{static_cast<std::uint8_t>(data_[from.first + d])}) *
                            f8_scale(static_cast<std::uint8_t>(data_[from.scale]))
                      : load(shape_.cache_dtype, data_.data(), from.first + d);
    }
    return values;
  }

  /// Where each sequence's last token goes.
  std::vector<std::int64_t> own_slots() const {
    std::vector<std::int64_t> slots;
    for (std::size_t s = 0; s < sequences_.size(); ++s) {
      const std::int64_t position = contexts_[s] - 1;
      slots.push_back(tables_[cu_blocks_[s] + position / shape_.block_size] * shape_.block_size +
                      position % shape_.block_size);
    }
    return slots;
  }

  void forget_own_tokens(std::vector<char>& data) const {
    const std::size_t head_bytes =
        static_cast<std::size_t>(shape_.head_dim) * size_of(shape_.cache_dtype);
    for (std::size_t s = 0; s < sequences_.size(); ++s) {
      for (std::int64_t i = 0; i < 2 * shape_.num_kv_heads; ++i) {
        const CachedHead head = cached_head(s, contexts_[s] - 1, i % 2 != 0, i / 2);
        const auto first = static_cast<std::ptrdiff_t>(head.first * size_of(shape_.cache_dtype));
        std::fill_n(data.begin() + first, head_bytes, '\xff');
        if (shape_.cache_dtype == DType::kF8) data[head.scale] = '\xff';
      }
    }
  }

  /// Queries, keys and values of the step's own tokens: [sequences, heads and twice the KV heads,
  /// head_dim].
  std::vector<char> projected_rows() const {
    std::vector<char> rows;
    const auto element = size_of(shape_.dtype);
    const auto query_bytes =
        static_cast<std::ptrdiff_t>(shape_.num_heads * shape_.head_dim) * element;
    for (std::size_t s = 0; s < sequences_.size(); ++s) {
      const auto begin = query_.begin() + static_cast<std::ptrdiff_t>(s) * query_bytes;
      rows.insert(rows.end(), begin, begin + query_bytes);
      for (std::int64_t i = 0; i < 2 * shape_.num_kv_heads; ++i) {
        const bool values = i >= shape_.num_kv_heads;
        const auto head =
            load_head(cached_head(s, contexts_[s] - 1, values, i % shape_.num_kv_heads));
        const std::size_t at = rows.size();
        rows.resize(at + head.size() * element);
        for (std::size_t d = 0; d < head.size(); ++d)
          store(shape_.dtype, rows.data() + at, d, head[d]);
      }
    }
    return rows;
  }

  void fill() {
    const std::size_t row = static_cast<std::size_t>(shape_.num_heads * shape_.head_dim);
    query_.resize(static_cast<std::size_t>(cu_seqlens_.back()) * row * size_of(shape_.dtype));
    data_.assign(cache_.bytes_per_block() * static_cast<std::size_t>(cache_.num_blocks), '\xff');
    std::vector<std::thread> threads;
    constexpr std::size_t kThreads = 8;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t s = t; s < sequences_.size(); s += kThreads) fill(s);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  void fill(std::size_t s) {
    const auto [length, context] = sequences_[s];
    const std::int64_t row = shape_.num_heads * shape_.head_dim;
    for (std::int64_t i = 0; i < length * row; ++i) {
      const auto position = static_cast<std::uint64_t>((context - length) * row + i);
      store(shape_.dtype, query_.data(), static_cast<std::size_t>(cu_seqlens_[s] * row + i),
            value_at(seeds_[s] * 2, position));
    }
    for (std::int64_t i = 0; i < context * 2 * shape_.num_kv_heads; ++i) {
      const std::int64_t head = i % shape_.num_kv_heads;
      const std::int64_t position = i / shape_.num_kv_heads / 2;
      std::vector<float> values(static_cast<std::size_t>(shape_.head_dim));
      for (std::size_t d = 0; d < values.size(); ++d) {
        values[d] = value_at(seeds_[s] * 2 + 1, static_cast<std::uint64_t>(i) * values.size() + d);
      }
      store_head(cached_head(s, position, i / shape_.num_kv_heads % 2 != 0, head), values);
    }
  }

  std::vector<double> attend(std::int64_t row) const {
    const auto token = static_cast<std::int32_t>(row / shape_.num_heads);
    const std::int64_t head = row % shape_.num_heads / (shape_.num_heads / shape_.num_kv_heads);
    const auto after = std::upper_bound(cu_seqlens_.begin(), cu_seqlens_.end(), token);
    const auto seq = static_cast<std::size_t>(after - cu_seqlens_.begin() - 1);
    const std::int64_t last = contexts_[seq] - *after + token;
    const std::int64_t window = shape_.sliding_window;
    const std::int64_t first = window > 0 ? std::max<std::int64_t>(0, last - window + 1) : 0;
    std::vector<double> scores;
    for (std::int64_t p = first; p <= last; ++p) {
      double dot = 0.0;
      const std::vector<float> key = load_head(cached_head(seq, p, false, head));
      for (std::size_t d = 0; d < key.size(); ++d) {
        dot += static_cast<double>(key[d]) *
               load(shape_.dtype, query_.data(), static_cast<std::size_t>(row) * key.size() + d);
      }
      dot *= scale();
      if (shape_.soft_cap > 0.0F) dot = shape_.soft_cap * std::tanh(dot / shape_.soft_cap);
      scores.push_back(dot);
    }
    const double most = *std::max_element(scores.begin(), scores.end());
    double sum = 0.0;
    for (double& score : scores) sum += score = std::exp(score - most);
    std::vector<double> output(static_cast<std::size_t>(shape_.head_dim));
    for (std::int64_t p = first; p <= last; ++p) {
      const std::vector<float> value = load_head(cached_head(seq, p, true, head));
      for (std::size_t d = 0; d < output.size(); ++d) {
        output[d] += scores[p - first] / sum * value[d];
      }
    }
    return output;
  }

  Shape shape_;
  std::vector<Sequence> sequences_;
  std::vector<std::uint64_t> seeds_;
  std::vector<std::int32_t> cu_seqlens_{0}, contexts_, cu_blocks_{0}, tables_;
  KvCacheView cache_;
  std::vector<char> query_, data_;
  bool own_tokens_come_late_ = false;
};

}  // namespace octavo::kernels::attention_test
