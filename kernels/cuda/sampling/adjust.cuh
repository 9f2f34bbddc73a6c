// What a request changes in its logits before the filters, by one thread block: the twin of
// `adjust_logits` in kernels/cpu/sampling.cpp, every logit through the same roundings.
#pragma once

#include "kernels/cuda/sampling/collectives.cuh"

namespace octavo::kernels::cuda {

/// Shared memory: a bit per token of the vocabulary, and counters for the tokens whose bit is set,
/// numbered in the order of their ids, a window of them at a time.
struct AdjustMemory {
  static constexpr int kGroupWords = kMaxVocab / kWarp / kResolveThreads;  ///< A thread's words
  static constexpr int kWindow = 8192;
  std::uint32_t* counts;  ///< [kWindow]
  std::uint32_t* before;  ///< [kResolveThreads] set bits before each thread's words
  std::uint32_t* bits;    ///< [num_words]
  int num_words;

  __host__ __device__ static int words_of(int vocab_size) {
    return (vocab_size + kWarp - 1) / kWarp;
  }
  static std::size_t bytes(int vocab_size) {
    return static_cast<std::size_t>(kWindow + kResolveThreads + words_of(vocab_size)) * 4;
  }
  __device__ AdjustMemory(void* memory, int vocab_size)
      : counts(static_cast<std::uint32_t*>(memory)),
        before(counts + kWindow),
        bits(before + kResolveThreads),
        num_words(words_of(vocab_size)) {}

  __device__ void clear_bits() const {
    __syncthreads();
    for (int i = static_cast<int>(threadIdx.x); i < num_words; i += kResolveThreads) bits[i] = 0;
    __syncthreads();
  }
  /// Whether the bit was clear.
  __device__ bool set(int token) const {
    const std::uint32_t bit = 1U << token % kWarp;
    return (atomicOr(&bits[token / kWarp], bit) & bit) == 0;
  }
  /// How many set bits are below the token's.
  __device__ int rank(int token) const {
    const int word = token / kWarp;
    std::uint32_t sum = before[word / kGroupWords];
    for (int w = word / kGroupWords * kGroupWords; w < word; ++w) sum += __popc(bits[w]);
    return static_cast<int>(sum + __popc(bits[word] & ((1U << token % kWarp) - 1U)));
  }
};

/// Calls visit(token) for the row's tokens from `first` on; ids outside the vocabulary are skipped.
template <class Visit>
__device__ void for_each_token(const DeviceSampleRow& row, const SampleArrays& arrays, int first,
                               int vocab_size, const Visit& visit) {
  for (int i = first + static_cast<int>(threadIdx.x); i < row.num_tokens; i += kResolveThreads) {
    int token = arrays.tokens[row.first_token + i];
    if (token < 0) token = arrays.sampled[-1 - token];
    if (token >= 0 && token < vocab_size) visit(token);
  }
}

/// A token that stands twice among the biases gets both, in their order.
__device__ inline void add_biases(float* logits, int vocab_size, const DeviceSampleRow& row,
                                  const SampleArrays& arrays, const AdjustMemory& memory) {
  const std::int32_t* tokens = arrays.bias_tokens + row.first_bias;
  const float* values = arrays.bias_values + row.first_bias;
  const auto is_known = [&](int token) { return token >= 0 && token < vocab_size; };
  memory.clear_bits();
  int has_twins = 0;
  for (int i = static_cast<int>(threadIdx.x); i < row.num_bias; i += kResolveThreads) {
    if (is_known(tokens[i]) && !memory.set(tokens[i])) has_twins = 1;
  }
  const bool in_order = __syncthreads_or(has_twins) != 0;
  if (in_order && threadIdx.x != 0) return;
  for (int i = static_cast<int>(threadIdx.x); i < row.num_bias;
       i += in_order ? 1 : kResolveThreads) {
    if (is_known(tokens[i])) logits[tokens[i]] += values[i];
  }
}

/// Frequency and presence over the completion.
__device__ inline void subtract_counts(float* logits, int vocab_size, const DeviceSampleRow& row,
                                       const SampleArrays& arrays, const AdjustMemory& memory,
                                       BlockCollectives<kResolveThreads>& collectives) {
  const int first = min(row.num_prompt_tokens, row.num_tokens);
  memory.clear_bits();
  for_each_token(row, arrays, first, vocab_size, [&](int token) { memory.set(token); });
  __syncthreads();
  const int first_word = static_cast<int>(threadIdx.x) * AdjustMemory::kGroupWords;
  const int last_word = min(first_word + AdjustMemory::kGroupWords, memory.num_words);
  Word64 mine = 0;
  for (int w = first_word; w < last_word; ++w) mine += __popc(memory.bits[w]);
  Word64 distinct = 0;
  const auto before = static_cast<int>(collectives.prefix(mine, &distinct));
  memory.before[threadIdx.x] = static_cast<std::uint32_t>(before);
  for (int window = 0; window < static_cast<int>(distinct); window += AdjustMemory::kWindow) {
    for (int i = static_cast<int>(threadIdx.x); i < AdjustMemory::kWindow; i += kResolveThreads) {
      memory.counts[i] = 0;
    }
    __syncthreads();
    for_each_token(row, arrays, first, vocab_size, [&](int token) {
      const int at = memory.rank(token) - window;
      if (at >= 0 && at < AdjustMemory::kWindow) atomicAdd(&memory.counts[at], 1U);
    });
    __syncthreads();
    int at = before - window;
    for (int w = first_word; w < last_word; ++w) {
      for (std::uint32_t left = memory.bits[w]; left != 0; left &= left - 1, ++at) {
        if (at < 0 || at >= AdjustMemory::kWindow) continue;
        float& logit = logits[w * kWarp + __ffs(static_cast<int>(left)) - 1];
        const auto count = static_cast<float>(memory.counts[at]);
        logit -= __fadd_rn(__fmul_rn(count, row.frequency_penalty), row.presence_penalty);
      }
    }
    __syncthreads();
  }
}

/// What is not allowed: a word of the mask for each thread in turn, of which most have no bit or
/// all.
__device__ inline void forbid_others(float* logits, int vocab_size, const std::uint32_t* allowed,
                                     int num_words) {
  for (int w = static_cast<int>(threadIdx.x); w < num_words; w += kResolveThreads) {
    for (std::uint32_t left = ~allowed[w]; left != 0; left &= left - 1) {
      const int token = w * kWarp + __ffs(static_cast<int>(left)) - 1;
      if (token < vocab_size) logits[token] = -INFINITY;
    }
  }
}

/// Logit bias, forbidden tokens, then repetition, frequency and presence penalties, then what is
/// allowed. Barriers before and after.
__device__ inline void adjust(float* logits, int vocab_size, const DeviceSampleRow& row,
                              const SampleArrays& arrays, const AdjustMemory& memory,
                              BlockCollectives<kResolveThreads>& collectives) {
  if (row.num_bias > 0) add_biases(logits, vocab_size, row, arrays, memory);
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < row.num_forbidden; i += kResolveThreads) {
    const int token = arrays.forbidden[row.first_forbidden + i];
    if (token >= 0 && token < vocab_size) logits[token] = -INFINITY;
  }
  if (row.num_tokens > 0 && row.repetition_penalty != 1.0F) {
    memory.clear_bits();
    for_each_token(row, arrays, 0, vocab_size, [&](int token) {
      if (!memory.set(token)) return;
      const float logit = logits[token];
      logits[token] =
          logit > 0.0F ? logit / row.repetition_penalty : logit * row.repetition_penalty;
    });
  }
  if (row.num_tokens > 0 && (row.presence_penalty != 0.0F || row.frequency_penalty != 0.0F)) {
    subtract_counts(logits, vocab_size, row, arrays, memory, collectives);
  }
  __syncthreads();
  if (row.num_allowed > 0)
    forbid_others(logits, vocab_size, arrays.allowed + row.first_allowed, row.num_allowed);
  __syncthreads();
}

}  // namespace octavo::kernels::cuda
