// A model in parts: two shards on two threads, whose backends sum with each other as GPUs would,
// compute what the whole model computes.
#include "src/model/shard.hpp"

#include <barrier>
#include <boost/json.hpp>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <thread>

#include "kernels/cpu/reference_backend.hpp"
#include "src/model/coverage.hpp"
#include "src/model/decoder.hpp"
#include "src/model/json_file.hpp"
#include "src/model/load_weights.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/tiny_model.hpp"

using namespace octavo;

namespace {

constexpr std::int64_t kTokens = 9;
constexpr std::int64_t kBlockSize = 4;
constexpr std::int64_t kBlocks = 3;

/// What two devices share: a place for each one's part, and where they meet.
struct Meeting {
  std::barrier<> barrier{2};
  std::vector<float> parts[2];
};

class SummingBackend final : public kernels::cpu::ReferenceBackend {
 public:
  SummingBackend(Meeting& meeting, std::size_t rank) : meeting_(meeting), rank_(rank) {}

  void all_reduce(void* values, std::int64_t count) override {
    auto* own = static_cast<float*>(values);
    meeting_.parts[rank_].assign(own, own + count);
    meeting_.barrier.arrive_and_wait();
    for (std::int64_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      own[i] = meeting_.parts[0][at] + meeting_.parts[1][at];
    }
    meeting_.barrier.arrive_and_wait();
  }
  void all_gather_columns(const float* own, float* full, std::int64_t n,
                          std::int64_t cols) override {
    meeting_.parts[rank_].assign(own, own + n * cols);
    meeting_.barrier.arrive_and_wait();
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t rank = 0; rank < 2; ++rank) {
        const auto& part = meeting_.parts[rank];
        std::copy_n(part.begin() + i * cols, cols, full + (2 * i + rank) * cols);
      }
    }
    meeting_.barrier.arrive_and_wait();
  }

 private:
  Meeting& meeting_;
  std::size_t rank_;
};

struct Model {
  explicit Model(const std::filesystem::path& folder)
      : spec(read_decoder_spec(*read_json_file(folder / "config.json")).value()),
        checkpoint(Checkpoint::open(folder).value()) {}
  DecoderSpec spec;
  Checkpoint checkpoint;
};

/// Logits of the last of kTokens made-up tokens: [vocab_size].
std::vector<float> last_logits(kernels::Backend& backend, const Model& model, const Shard& shard) {
  auto weights =
      load_weights(backend, model.spec, model.checkpoint, kernels::DType::kF32, {}, shard).value();
  auto decoder =
      Decoder::make(backend, model.spec, std::move(weights), {kTokens, 1, kTokens}, shard).value();
  kernels::KvCacheView cache{nullptr,
                             kernels::DType::kF32,
                             kBlocks,
                             decoder.spec().num_layers,
                             decoder.spec().num_kv_heads,
                             kBlockSize,
                             decoder.spec().head_dim};
  const kernels::Buffer memory = backend.allocate(cache.bytes_per_block() * kBlocks);
  cache.data = memory.data();
  std::vector<std::int32_t> ids(kTokens);
  std::vector<std::int32_t> positions(kTokens);
  std::iota(positions.begin(), positions.end(), 0);
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>(3 + 7 * i);
  const std::vector<std::int64_t> slots{8, 9, 10, 11, 0, 1, 2, 3, 4};
  const std::int32_t cu_seqlens[] = {0, kTokens};
  const std::int32_t context_len = kTokens;
  const std::int32_t cu_blocks[] = {0, kBlocks};
  const std::int32_t table[] = {2, 0, 1};
  const std::int32_t last = kTokens - 1;
  const kernels::StepInputs inputs{.token_ids = ids.data(),
                                   .positions = positions.data(),
                                   .slots = slots.data(),
                                   .cu_seqlens = cu_seqlens,
                                   .context_lens = &context_len,
                                   .cu_blocks = cu_blocks,
                                   .block_tables = table,
                                   .logits_rows = &last,
                                   .num_tokens = kTokens,
                                   .num_seqs = 1,
                                   .num_logits = 1};
  const float* logits = decoder.forward(inputs, cache);
  return {logits, logits + model.spec.vocab_size};
}

}  // namespace

TEST_CASE("two shards together compute what the whole model computes") {
  const char* tests = std::getenv("OCTAVO_TESTS_DIR");
  REQUIRE(tests != nullptr);
  // Fused and transposed projections with biases; grouped heads; norms on heads.
  for (const char* name : {"gpt2-base", "llama-base", "qwen3-base"}) {
    INFO(name);
    const Model model(std::filesystem::path(tests) / "golden" / name);
    REQUIRE(check_shards(model.spec, 2).has_value());
    kernels::cpu::ReferenceBackend whole_backend;
    const auto whole = last_logits(whole_backend, model, {});
    Meeting meeting;
    std::vector<float> parts[2];
    std::thread other([&] {
      SummingBackend backend(meeting, 1);
      parts[1] = last_logits(backend, model, {1, 2});
    });
    SummingBackend backend(meeting, 0);
    parts[0] = last_logits(backend, model, {0, 2});
    other.join();
    CHECK(parts[0] == parts[1]);
    float largest = 0.0F;
    float difference = 0.0F;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      largest = std::max(largest, std::abs(whole[i]));
      difference = std::max(difference, std::abs(whole[i] - parts[0][i]));
    }
    CHECK(largest > 0.0F);
    CHECK(difference < 1e-5F * largest);
  }
}

TEST_CASE("heads that do not divide among the devices are refused by name") {
  const auto spec = read_decoder_spec(boost::json::parse(testing::tiny_llama_config()).as_object());
  REQUIRE(spec.has_value());
  CHECK(check_shards(*spec, 1).has_value());
  const auto refused = check_shards(*spec, 2);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::kUnsupportedModel);
  CHECK(refused.error().param == "tensor_parallel_size");
  CHECK(refused.error().detail == "1 key-value heads do not divide among 2 devices");
}
