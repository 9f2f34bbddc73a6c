// Where a step's attention is cut on a GPU: the host's part, which needs none.
#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "kernels/cuda/attention/plan.hpp"
#include "tests/support/catch.hpp"

using namespace octavo::kernels::cuda;

namespace {

struct Planned {
  AttentionPlan plan;
  std::vector<DecodeItem> items;
};

/// The plan of sequences of one token each, with as much context announced as there is.
Planned plan_decodes(const std::vector<std::int32_t>& contexts) {
  AttentionShape shape;
  std::vector<std::int32_t> cu_seqlens{0};
  for (const std::int32_t context : contexts) {
    shape.max_context_tokens += context;
    cu_seqlens.push_back(cu_seqlens.back() + 1);
  }
  shape.max_seqs = shape.max_tokens = static_cast<std::int64_t>(contexts.size());
  std::vector<std::byte> bytes(attention_plan_bytes(shape));
  Planned planned;
  planned.plan =
      plan_attention(shape, cu_seqlens.data(), contexts.data(), shape.max_seqs, bytes.data());
  REQUIRE(planned.plan.bytes <= bytes.size());
  PlanHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  CHECK(header.num_items <= chunk_capacity(shape));
  planned.items.resize(static_cast<std::size_t>(header.num_items));
  std::memcpy(planned.items.data(), bytes.data() + sizeof(header),
              planned.items.size() * sizeof(DecodeItem));
  return planned;
}

std::size_t num_chunks(std::int32_t context) { return plan_decodes({context}).items.size(); }

}  // namespace

TEST_CASE("a rest of less than a quarter of a chunk is no chunk of its own") {
  CHECK(num_chunks(1) == 1);
  CHECK(num_chunks(512) == 1);
  CHECK(num_chunks(513) == 1);
  CHECK(num_chunks(640) == 1);
  CHECK(num_chunks(641) == 2);
  CHECK(num_chunks(1152) == 2);
  CHECK(num_chunks(1153) == 3);
}

TEST_CASE("a long context is cut into longer chunks, not into more") {
  CHECK(num_chunks(64 * 512) == 64);
  CHECK(num_chunks(64 * 512 + 1) <= 64);
  CHECK(num_chunks(1 << 20) <= 64);
}

TEST_CASE(
    "the chunks of a context are told alike, whoever else is in the batch, whole ones first") {
  std::mt19937 random(3);
  std::vector<std::int32_t> contexts(40);
  for (std::int32_t& context : contexts) context = static_cast<std::int32_t>(random() % 4000) + 1;
  const Planned planned = plan_decodes(contexts);
  CHECK(planned.plan.num_decode_seqs == 40);
  std::map<std::int32_t, std::vector<DecodeItem>> by_sequence;
  for (const DecodeItem& item : planned.items) by_sequence[item.seq].push_back(item);
  std::map<std::int32_t, int> slots;
  for (std::int32_t s = 0; s < 40; ++s) {
    const auto& items = by_sequence[s];
    CHECK(items.size() == num_chunks(contexts[static_cast<std::size_t>(s)]));
    for (const DecodeItem& item : items) {
      CHECK(item.context == contexts[static_cast<std::size_t>(s)]);
      CHECK(item.num_chunks == static_cast<std::int32_t>(items.size()));
      CHECK(item.chunk * item.chunk_tokens < item.context);
      ++slots[item.first_slot + item.chunk];
    }
  }
  for (const auto& [slot, uses] : slots) CHECK(uses == 1);
  const auto is_whole = [](const DecodeItem& item) {
    return (item.chunk + 1) * item.chunk_tokens <= item.context;
  };
  CHECK(std::is_partitioned(planned.items.begin(), planned.items.end(), is_whole));
}
