#include "src/model/decoder.hpp"

#include <numeric>

#include "kernels/cpu/reference_backend.hpp"
#include "src/model/load_weights.hpp"
#include "tests/model/family_configs.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::config_of;
using octavo::testing::spec_of;

namespace {

constexpr std::int64_t kBlockSize = 4;
constexpr std::int64_t kBlocks = 8;
constexpr StepLimits kLimits{16, 4, 32};

/// Four heads of 4 over two, width 16, feed-forward of 12.
DecoderSpec small(std::string_view family) {
  auto config = config_of(family);
  const bool is_gpt2 = family == "gpt2";
  config[is_gpt2 ? "n_embd" : "hidden_size"] = 16;
  config[is_gpt2 ? "n_head" : "num_attention_heads"] = 4;
  if (is_gpt2) {
    config["n_inner"] = 12;
  } else {
    config["num_key_value_heads"] = 2;
    config["intermediate_size"] = 12;
  }
  return spec_of(config);
}

/// What one sequence does in a step; its blocks are consecutive.
struct Window {
  std::vector<std::int32_t> ids;
  std::int32_t first_position;
  std::int32_t first_block;
};

/// A decoder of random weights and its cache.
class Model {
 public:
  explicit Model(const DecoderSpec& spec)
      : spec_(spec),
        decoder_(Decoder::make(backend_, spec,
                               random_weights(backend_, spec, kernels::DType::kF32, 7, {}).value(),
                               kLimits)
                     .value()),
        cache_{nullptr,           kernels::DType::kF32, kBlocks,      spec.num_layers,
               spec.num_kv_heads, kBlockSize,           spec.head_dim},
        memory_(backend_.allocate(cache_.bytes_per_block() * kBlocks)) {
    cache_.data = memory_.data();
  }

  /// The logits of each window's last token: [windows][vocab_size].
  std::vector<std::vector<float>> run(const std::vector<Window>& windows) {
    std::vector<std::int32_t> ids, positions, cu_seqlens{0}, contexts, cu_blocks{0}, tables, rows;
    std::vector<std::int64_t> slots;
    for (const Window& window : windows) {
      for (std::size_t i = 0; i < window.ids.size(); ++i) {
        const auto position = window.first_position + static_cast<std::int32_t>(i);
        ids.push_back(window.ids[i]);
        positions.push_back(position);
        slots.push_back(window.first_block * kBlockSize + position);
      }
      cu_seqlens.push_back(static_cast<std::int32_t>(ids.size()));
      contexts.push_back(positions.back() + 1);
      for (std::int32_t i = 0; i * kBlockSize < contexts.back(); ++i)
        tables.push_back(window.first_block + i);
      cu_blocks.push_back(static_cast<std::int32_t>(tables.size()));
      rows.push_back(cu_seqlens.back() - 1);
    }
    const kernels::StepInputs inputs{.token_ids = ids.data(),
                                     .positions = positions.data(),
                                     .slots = slots.data(),
                                     .cu_seqlens = cu_seqlens.data(),
                                     .context_lens = contexts.data(),
                                     .cu_blocks = cu_blocks.data(),
                                     .block_tables = tables.data(),
                                     .logits_rows = rows.data(),
                                     .num_tokens = static_cast<std::int64_t>(ids.size()),
                                     .num_seqs = static_cast<std::int64_t>(windows.size()),
                                     .num_logits = static_cast<std::int64_t>(windows.size())};
    const float* logits = decoder_.forward(inputs, cache_);
    std::vector<std::vector<float>> result;
    for (std::size_t i = 0; i < windows.size(); ++i) {
      result.emplace_back(logits, logits + spec_.vocab_size);
      logits += spec_.vocab_size;
    }
    return result;
  }

 private:
  kernels::cpu::ReferenceBackend backend_;
  DecoderSpec spec_;
  Decoder decoder_;
  kernels::KvCacheView cache_;
  kernels::Buffer memory_;
};

const std::vector<std::int32_t> kPrompt{5, 17, 3, 44, 9, 21, 30, 2, 11};

}  // namespace

TEST_CASE("a prompt has the same logits whole, in chunks and token by token") {
  for (const char* family : {"llama", "qwen3", "opt", "gpt2"}) {
    CAPTURE(family);
    const DecoderSpec spec =
        family == std::string("opt") ? spec_of(config_of("opt")) : small(family);
    Model model(spec);
    const auto whole = model.run({{kPrompt, 0, 0}})[0];
    Model other(spec);
    other.run({{{kPrompt.begin(), kPrompt.begin() + 5}, 0, 2}});
    CHECK(other.run({{{kPrompt.begin() + 5, kPrompt.end()}, 5, 2}})[0] == whole);
    Model slow(spec);
    std::vector<float> last;
    for (std::size_t i = 0; i < kPrompt.size(); ++i)
      last = slow.run({{{kPrompt[i]}, static_cast<std::int32_t>(i), 5}})[0];
    CHECK(last == whole);
  }
}

TEST_CASE("sequences of one step do not see one another") {
  Model model(small("llama"));
  const std::vector<std::int32_t> other{1, 2, 3, 4};
  const auto both = model.run({{kPrompt, 0, 0}, {other, 0, 4}});
  CHECK(Model(small("llama")).run({{kPrompt, 0, 0}})[0] == both[0]);
  CHECK(Model(small("llama")).run({{other, 0, 0}})[0] == both[1]);
}

TEST_CASE("logits depend on every token before them and on their order") {
  Model model(small("llama"));
  const auto logits = model.run({{kPrompt, 0, 0}})[0];
  for (std::size_t i = 0; i < kPrompt.size(); ++i) {
    CAPTURE(i);
    auto changed = kPrompt;
    changed[i] = 49;
    CHECK(model.run({{changed, 0, 0}})[0] != logits);
  }
  auto swapped = kPrompt;
  std::swap(swapped[1], swapped[2]);
  CHECK(model.run({{swapped, 0, 0}})[0] != logits);
}

TEST_CASE("a window makes a layer blind to what lies before it") {
  DecoderSpec spec = small("llama");
  // Two layers see back twice: position 8 reaches to 8 - 2 * (3 - 1) = 4.
  spec.windows = {3, 3};
  Model model(spec);
  const auto logits = model.run({{kPrompt, 0, 0}})[0];
  auto changed = kPrompt;
  changed[3] = 49;
  CHECK(model.run({{changed, 0, 0}})[0] == logits);
  changed = kPrompt;
  changed[4] = 49;
  CHECK(model.run({{changed, 0, 0}})[0] != logits);
  spec.windows = {3, 0};
  Model wider(spec);
  const auto wide = wider.run({{kPrompt, 0, 0}})[0];
  changed = kPrompt;
  changed[3] = 49;
  CHECK(wider.run({{changed, 0, 0}})[0] != wide);
}

TEST_CASE("a decoder's bytes are those of its largest step") {
  const DecoderSpec llama = small("llama");
  // Residual in float32; added, normed; queries, keys and values; query; mixed; logits in float32.
  const std::size_t per_token = 16 * 4 + 2 * (16 + 16 + 32 + 16 + 16);
  const std::size_t per_logit = 50 * 4;
  const std::size_t per_position = 4 * 4;
  const auto bytes = [](const DecoderSpec& spec, const StepLimits& limits) {
    return decoder_bytes(spec, limits, kernels::DType::kBF16);
  };
  CHECK(bytes(llama, {0, 0, 0}) == 0);
  CHECK(bytes(llama, {10, 4, 20}) == 10 * per_token + 4 * per_logit + 20 * per_position);
  // More rows of logits than tokens are normed as well.
  CHECK(bytes(llama, {10, 14, 0}) == 10 * per_token + 14 * per_logit + 4 * 16 * 2);
  CHECK(decoder_bytes(llama, {10, 0, 0}, kernels::DType::kF32) == 10 * (2 * per_token - 16 * 4));
  DecoderSpec wide = llama;
  wide.intermediate_size = 100;
  CHECK(bytes(wide, {1, 0, 0}) == per_token + 2 * (200 - 32) + 2 * (100 - 16));
  wide.gated = false;
  CHECK(bytes(wide, {1, 0, 0}) == per_token + 2 * (100 - 32) + 2 * (100 - 16));
}

TEST_CASE("learned positions need no rotary table") {
  CHECK(decoder_bytes(small("gpt2"), {1, 1, 1000}, kernels::DType::kF32) ==
        decoder_bytes(small("gpt2"), {1, 1, 0}, kernels::DType::kF32));
}

TEST_CASE("activations that no machine has are an error, whichever of them they are") {
  kernels::cpu::ReferenceBackend backend;
  const DecoderSpec spec = small("llama");
  constexpr std::int64_t kHuge = std::int64_t{1} << 52;
  for (const StepLimits& limits : {StepLimits{kHuge, 1, 1}, StepLimits{1, kHuge, 1}}) {
    const auto decoder = Decoder::make(backend, spec, Weights{}, limits);
    REQUIRE(decoder.has_error());
    CHECK(decoder.error().code == Errc::kOutOfMemory);
    CHECK(decoder.error().detail.find("lower the batched tokens") != std::string::npos);
  }
}

TEST_CASE("a shard's decoder has its part of the heads and all of the vocabulary") {
  kernels::cpu::ReferenceBackend backend;
  const DecoderSpec spec = small("llama");
  const auto whole = Decoder::make(backend, spec, Weights{}, kLimits);
  CHECK(whole->spec().num_heads == 4);
  const auto part = Decoder::make(backend, spec, Weights{}, kLimits, {1, 2});
  REQUIRE(part.has_value());
  CHECK(part->spec().num_heads == 2);
  CHECK(part->spec().num_kv_heads == 1);
  CHECK(part->spec().intermediate_size == 6);
  CHECK(part->spec().vocab_size == 50);
  CHECK(part->spec().hidden_size == 16);
}
