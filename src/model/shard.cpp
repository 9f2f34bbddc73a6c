#include "src/model/shard.hpp"

#include <string>

namespace octavo {

Result<void> check_shards(const DecoderSpec& spec, std::int64_t size) {
  const auto refuse = [size](const char* what, std::int64_t count) {
    return Error{Errc::kUnsupportedModel,
                 std::to_string(count) + " " + what + " do not divide among " +
                     std::to_string(size) + " devices",
                 "tensor_parallel_size"};
  };
  if (spec.num_heads % size != 0) return refuse("attention heads", spec.num_heads);
  if (spec.num_kv_heads % size != 0) return refuse("key-value heads", spec.num_kv_heads);
  if (spec.intermediate_size % size != 0)
    return refuse("columns of the feed-forward", spec.intermediate_size);
  return {};
}

DecoderSpec shard_of(DecoderSpec spec, const Shard& shard) {
  spec.num_heads /= shard.size;
  spec.num_kv_heads /= shard.size;
  spec.intermediate_size /= shard.size;
  return spec;
}

std::int64_t head_rows(const DecoderSpec& spec, const Shard& shard) {
  return spec.vocab_size % shard.size == 0 ? spec.vocab_size / shard.size : spec.vocab_size;
}

}  // namespace octavo
