#include "kernels/cuda/attention/plan.hpp"

#include <algorithm>
#include <cstring>

namespace octavo::kernels::cuda {
namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

std::int64_t chunk_tokens_of(std::int64_t context, std::int64_t least) {
  std::int64_t tokens = least;
  while (tokens * kMaxChunks < context) tokens *= 2;
  return tokens;
}

/// The last chunk takes what would be a chunk of less than a quarter: that would cost a merge and
/// bring little.
std::int64_t num_chunks_of(std::int64_t context, std::int64_t tokens) {
  return std::max<std::int64_t>(1, ceil_div(context - tokens / 4, tokens));
}

struct Step {
  const std::int32_t* cu_seqlens = nullptr;
  const std::int32_t* context_lens = nullptr;
  std::int64_t num_seqs = 0;

  std::int64_t length(std::int64_t seq) const { return cu_seqlens[seq + 1] - cu_seqlens[seq]; }
  bool decodes(std::int64_t seq) const { return length(seq) == 1 && context_lens[seq] > 0; }
};

std::int64_t count_chunks(const Step& step, std::int64_t least) {
  std::int64_t count = 0;
  for (std::int64_t s = 0; s < step.num_seqs; ++s) {
    if (!step.decodes(s)) continue;
    const std::int64_t context = step.context_lens[s];
    count += num_chunks_of(context, chunk_tokens_of(context, least));
  }
  return count;
}

/// Full chunks first, so that what is left for the end is small.
DecodeItem* list_items(const Step& step, std::int64_t least, DecodeItem* items) {
  for (const bool full : {true, false}) {
    std::int32_t slot = 0;
    std::int32_t counter = 0;
    for (std::int64_t s = 0; s < step.num_seqs; ++s) {
      if (!step.decodes(s)) continue;
      const std::int64_t context = step.context_lens[s];
      const std::int64_t tokens = chunk_tokens_of(context, least);
      const std::int64_t chunks = num_chunks_of(context, tokens);
      for (std::int64_t c = 0; c < chunks; ++c) {
        if (((c + 1) * tokens <= context) != full) continue;
        *items++ = {.seq = static_cast<std::int32_t>(s),
                    .row = step.cu_seqlens[s],
                    .context = static_cast<std::int32_t>(context),
                    .chunk_tokens = static_cast<std::int32_t>(tokens),
                    .chunk = static_cast<std::int32_t>(c),
                    .num_chunks = static_cast<std::int32_t>(chunks),
                    .first_slot = slot,
                    .counter = counter};
      }
      slot += static_cast<std::int32_t>(chunks);
      ++counter;
    }
  }
  return items;
}

/// Those that see most come first: they take longest.
PrefillTile* list_tiles(const Step& step, PrefillTile* tiles) {
  PrefillTile* end = tiles;
  for (std::int64_t s = 0; s < step.num_seqs; ++s) {
    const std::int64_t length = step.length(s);
    if (length <= 1) continue;
    for (std::int64_t first = 0; first < length; first += kTileTokens) {
      *end++ = {.seq = static_cast<std::int32_t>(s),
                .row = static_cast<std::int32_t>(step.cu_seqlens[s] + first),
                .num_tokens = static_cast<std::int32_t>(std::min(kTileTokens, length - first)),
                .position = static_cast<std::int32_t>(step.context_lens[s] - length + first)};
    }
  }
  std::stable_sort(tiles, end, [](const PrefillTile& a, const PrefillTile& b) {
    return a.position + a.num_tokens > b.position + b.num_tokens;
  });
  return end;
}

}  // namespace

std::size_t attention_plan_bytes(const AttentionShape& shape) {
  const std::int64_t tiles = shape.max_tokens / kTileTokens + shape.max_seqs;
  return sizeof(PlanHeader) + static_cast<std::size_t>(chunk_capacity(shape)) * sizeof(DecodeItem) +
         static_cast<std::size_t>(tiles) * sizeof(PrefillTile);
}

AttentionPlan plan_attention(const AttentionShape& shape, const std::int32_t* cu_seqlens,
                             const std::int32_t* context_lens, std::int64_t num_seqs,
                             std::byte* output) {
  const Step step{cu_seqlens, context_lens, num_seqs};
  // Only a step of more context than was announced needs longer chunks.
  std::int64_t least = kMinChunkTokens;
  while (least < INT32_MAX / 2 && count_chunks(step, least) > chunk_capacity(shape)) least *= 2;

  auto* const items = reinterpret_cast<DecodeItem*>(output + sizeof(PlanHeader));
  DecodeItem* const items_end = list_items(step, least, items);
  auto* const tiles = reinterpret_cast<PrefillTile*>(items_end);
  PrefillTile* const tiles_end = list_tiles(step, tiles);

  const PlanHeader header{.num_items = static_cast<std::int32_t>(items_end - items),
                          .num_tiles = static_cast<std::int32_t>(tiles_end - tiles)};
  std::memcpy(output, &header, sizeof(header));
  AttentionPlan plan;
  for (std::int64_t s = 0; s < num_seqs; ++s) plan.num_decode_seqs += step.decodes(s) ? 1 : 0;
  plan.num_prefill_tiles = header.num_tiles;
  plan.bytes = static_cast<std::size_t>(reinterpret_cast<std::byte*>(tiles_end) - output);
  return plan;
}

}  // namespace octavo::kernels::cuda
