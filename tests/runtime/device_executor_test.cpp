#include "src/runtime/device_executor.hpp"

#include <algorithm>
#include <numeric>

#include "src/runtime/load_executor.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/scripted_constraint.hpp"
#include "tests/support/step_driver.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

constexpr const char* kConfig = R"({"architectures": ["Qwen3ForCausalLM"], "vocab_size": 300,
    "hidden_size": 96, "intermediate_size": 160, "num_hidden_layers": 2, "num_attention_heads": 6,
    "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 256, "eos_token_id": 2})";

std::unique_ptr<DeviceExecutor> make_executor(kernels::DType dtype = kernels::DType::kF32,
                                              std::int64_t block_size = 4) {
  const TempFolder folder;
  folder.write("config.json", kConfig);
  ExecutorOptions options;
  options.path = folder.path();
  options.load_format = LoadFormat::kDummy;
  options.dtype = dtype;
  options.dummy_seed = 3;
  options.block_size = block_size;
  options.num_blocks = 256;
  options.swap_bytes = std::size_t{1} << 20;
  options.max_num_batched_tokens = 256;
  options.max_num_seqs = 16;
  auto executor = load_device_executor(options);
  REQUIRE(executor.has_value());
  return std::move(*executor);
}

std::vector<TokenId> prompt(std::int64_t length, std::int64_t salt) {
  std::vector<TokenId> ids;
  for (std::int64_t i = 0; i < length; ++i) {
    ids.push_back(static_cast<TokenId>(3 + (salt * 31 + i * 17) % 290));
  }
  return ids;
}

SamplingParams sampled(std::uint64_t seed) {
  SamplingParams sampling;
  sampling.seed = seed;
  return sampling;
}

/// A step of one sequence with a table of consecutive blocks from `first_block`.
StepBatch step(SequenceId id, std::int32_t first_position, std::int32_t num_tokens,
               std::int32_t first_block) {
  StepBatch batch;
  batch.scheduled = {{id, first_position, num_tokens, true}};
  const std::int32_t num_blocks = (first_position + num_tokens + 3) / 4;
  for (std::int32_t i = 0; i < num_blocks; ++i) {
    batch.block_tables.push_back(BlockId{first_block + i});
  }
  batch.cu_blocks = {0, num_blocks};
  return batch;
}

StepBatch first_step(SequenceId id, const std::vector<TokenId>& tokens, std::int32_t first_block) {
  const auto count = static_cast<std::int32_t>(tokens.size());
  auto batch = step(id, 0, count, first_block);
  batch.starts = {{id, RequestId{}, tokens, count, greedy()}};
  return batch;
}

SampledToken sample_of(DeviceExecutor& executor, const StepBatch& batch) {
  const auto result = executor.execute(batch);
  if (!result) FAIL(result.error().message());
  REQUIRE(result->sampled.size() == 1);
  CHECK(result->failed.empty());
  return result->sampled[0];
}

TokenId token_of(DeviceExecutor& executor, const StepBatch& batch) {
  return sample_of(executor, batch).token;
}

}  // namespace

TEST_CASE("a sequence has the same tokens alone and in any batch") {
  for (const auto dtype : {kernels::DType::kF32, kernels::DType::kBF16}) {
    INFO(kernels::name_of(dtype));
    auto executor = make_executor(dtype);
    std::vector<std::vector<TokenId>> prompts;
    for (const std::int64_t length : {1, 3, 16, 17, 40, 5}) {
      prompts.push_back(prompt(length, length));
    }
    for (const auto& sampling : {greedy(), sampled(11)}) {
      const auto together = generate(*executor, prompts, sampling, 20);
      const auto chunked = generate(*executor, prompts, sampling, 20, 7);
      for (std::size_t i = 0; i < prompts.size(); ++i) {
        INFO("prompt " << i);
        const auto alone = generate(*executor, {prompts[i]}, sampling, 20)[0];
        CHECK(together[i].tokens == alone.tokens);
        CHECK(chunked[i].tokens == alone.tokens);
      }
    }
  }
}

TEST_CASE("a seed makes the same tokens again and another seed others") {
  auto executor = make_executor();
  const auto with_seed = [&](std::uint64_t seed) {
    return generate(*executor, {prompt(9, 1)}, sampled(seed), 24)[0].tokens;
  };
  CHECK(with_seed(5) == with_seed(5));
  CHECK(with_seed(5) != with_seed(6));
}

TEST_CASE("a step planned before the token was known computes that token") {
  auto executor = make_executor();
  const auto tokens = prompt(6, 2);
  const auto expected = generate(*executor, {tokens}, greedy(), 3)[0].tokens;
  const SequenceId id{900};
  // Both batches exist before either runs.
  const std::vector<StepBatch> planned{first_step(id, tokens, 20), step(id, 6, 1, 20),
                                       step(id, 7, 1, 20)};
  for (std::size_t i = 0; i < planned.size(); ++i) {
    CHECK(token_of(*executor, planned[i]) == expected[i]);
  }
}

TEST_CASE("a preempted sequence that is computed again goes on as if nothing had happened") {
  auto executor = make_executor();
  const auto tokens = prompt(6, 3);
  const auto expected = generate(*executor, {tokens}, greedy(), 3)[0].tokens;
  const SequenceId id{901};
  auto known = tokens;
  known.push_back(token_of(*executor, first_step(id, tokens, 40)));
  auto again = first_step(id, known, 60);
  again.released = {id};
  again.starts[0].num_prompt_tokens = 6;
  CHECK(token_of(*executor, again) == expected[1]);
  CHECK(token_of(*executor, step(id, 7, 1, 60)) == expected[2]);
}

TEST_CASE("a swapped sequence goes on from its promoted blocks") {
  auto executor = make_executor();
  const auto tokens = prompt(6, 4);
  const auto expected = generate(*executor, {tokens}, greedy(), 2)[0].tokens;
  const SequenceId id{902};
  CHECK(token_of(*executor, first_step(id, tokens, 0)) == expected[0]);
  StepBatch out;
  out.id = StepId{2};
  out.cu_blocks = {0};
  const TransferId leaving{StepId{2}, RequestId{1}, TransferDirection::kDemote};
  out.demotions = {{leaving, {{BlockId{0}, BlockId{5}}, {BlockId{1}, BlockId{3}}}}};
  const auto demoted = executor->execute(out);
  REQUIRE(demoted.has_value());
  CHECK(demoted->transfers_finished == std::vector{leaving});
  CHECK(demoted->num_blocks_transferred == 2);
  CHECK(token_of(*executor, first_step(SequenceId{903}, prompt(8, 5), 0)) >= 0);
  auto back = step(id, 6, 1, 100);
  back.promotions = {{TransferId{}, {{BlockId{5}, BlockId{100}}, {BlockId{3}, BlockId{101}}}}};
  CHECK(token_of(*executor, back) == expected[1]);
}

TEST_CASE("a fork goes its own way after copying the block that it writes") {
  auto executor = make_executor();
  const SequenceId parent{904};
  const SequenceId child{905};
  const auto tokens = prompt(6, 6);
  auto other = tokens;
  other.push_back(static_cast<TokenId>(7));
  const auto expected_parent = generate(*executor, {tokens}, greedy(), 3)[0].tokens;
  const auto expected_child = generate(*executor, {other}, greedy(), 2)[0].tokens;

  CHECK(token_of(*executor, first_step(parent, tokens, 0)) == expected_parent[0]);
  StepBatch fork;
  fork.starts = {{child, RequestId{}, other, 7, greedy()}};
  fork.copies = {{BlockId{1}, BlockId{9}}};
  fork.scheduled = {{parent, 6, 1, true}, {child, 6, 1, true}};
  fork.block_tables = {BlockId{0}, BlockId{1}, BlockId{0}, BlockId{9}};
  fork.cu_blocks = {0, 2, 4};
  const auto both = executor->execute(fork);
  REQUIRE(both.has_value());
  CHECK(both->sampled[0].token == expected_parent[1]);
  CHECK(both->sampled[1].token == expected_child[0]);
  CHECK(token_of(*executor, step(parent, 7, 1, 0)) == expected_parent[2]);
}

TEST_CASE("no end token comes before the least number of tokens, however likely") {
  auto executor = make_executor();
  auto sampling = greedy();
  sampling.logit_bias = {{2, 100.0F}, {7, 90.0F}};
  sampling.stop_token_ids = {7};
  sampling.min_tokens = 5;
  const auto tokens = generate(*executor, {prompt(4, 7)}, sampling, 7)[0].tokens;
  CHECK(std::none_of(tokens.begin(), tokens.begin() + 5,
                     [](TokenId token) { return token == 2 || token == 7; }));
  CHECK(tokens[5] == 2);
}

TEST_CASE("log-probabilities come where they are asked for") {
  auto executor = make_executor();
  auto sampling = greedy();
  CHECK_FALSE(generate(*executor, {prompt(4, 8)}, sampling, 1)[0].sampled[0].logprob);
  sampling.num_logprobs = 0;
  const auto chosen = generate(*executor, {prompt(4, 8)}, sampling, 1)[0].sampled[0];
  CHECK(chosen.logprob);
  CHECK(chosen.top.empty());
  sampling.num_logprobs = 3;
  const auto best = generate(*executor, {prompt(4, 8)}, sampling, 1)[0].sampled[0];
  REQUIRE(best.top.size() == 3);
  CHECK(best.top[0].id == best.token);
  CHECK(best.top[0].logprob == *best.logprob);
}

TEST_CASE("a result names its step and how long the device worked on it") {
  auto executor = make_executor();
  auto batch = first_step(SequenceId{906}, prompt(4, 9), 0);
  batch.id = StepId{31};
  const auto result = executor->execute(batch);
  REQUIRE(result.has_value());
  CHECK(result->id == StepId{31});
  CHECK(result->elapsed.count() > 0);
}

TEST_CASE("a refused step leaves the executor usable") {
  auto executor = make_executor();
  const auto expected = generate(*executor, {prompt(4, 10)}, greedy(), 1)[0].tokens;
  auto batch = first_step(SequenceId{907}, prompt(4, 10), 0);
  batch.block_tables[0] = BlockId{9999};
  CHECK(executor->execute(batch).error().code == Errc::kEngineError);
  CHECK(generate(*executor, {prompt(4, 10)}, greedy(), 1)[0].tokens == expected);
}

TEST_CASE("a prompt is told of token by token, as if each had been sampled") {
  auto executor = make_executor();
  const auto tokens = prompt(21, 12);
  auto asked = greedy();
  asked.num_prompt_logprobs = 3;
  const auto told = [&](std::int64_t chunk) {
    StepDriver driver(*executor, chunk);
    const SequenceId id = driver.add(tokens, asked);
    std::vector<PromptLogprob> all;
    for (bool is_sampled = false; !is_sampled;) {
      const auto result = driver.step();
      REQUIRE(result.has_value());
      for (const PromptLogprobs& each : result->prompt_logprobs) {
        CHECK(each.sequence == id);
        CHECK(each.first_position == static_cast<std::int32_t>(all.size()) + 1);
        all.insert(all.end(), each.tokens.begin(), each.tokens.end());
      }
      is_sampled = !result->sampled.empty();
    }
    driver.release(id);
    return all;
  };
  const std::vector<PromptLogprob> whole = told(0);
  REQUIRE(whole.size() == tokens.size() - 1);
  for (const std::int64_t chunk : {1, 7}) {
    const std::vector<PromptLogprob> in_parts = told(chunk);
    REQUIRE(in_parts.size() == whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
      CHECK(in_parts[i].rank == whole[i].rank);
      CHECK(std::abs(in_parts[i].logprob - whole[i].logprob) < 1e-4F);
    }
  }
  // The same question put to the sampler: which tokens are likeliest after the first i of them?
  for (const std::size_t length : {1U, 2U, 13U, 20U}) {
    auto sampling = greedy();
    sampling.num_logprobs = 3;
    const std::vector<TokenId> first(tokens.begin(),
                                     tokens.begin() + static_cast<std::ptrdiff_t>(length));
    const SampledToken next = generate(*executor, {first}, sampling, 1)[0].sampled[0];
    const PromptLogprob& each = whole[length - 1];
    CHECK(each.token == tokens[length]);
    REQUIRE(each.top.size() == 3);
    CHECK(each.top[0].id == next.token);
    CHECK(std::abs(each.top[0].logprob - *next.logprob) < 1e-4F);
    CHECK((each.rank == 1) == (each.token == next.token));
  }
}

TEST_CASE("a prompt that is told of changes nothing of what others sample beside it") {
  auto executor = make_executor();
  const auto expected = generate(*executor, {prompt(9, 13)}, sampled(4), 6)[0].tokens;
  StepDriver driver(*executor);
  const SequenceId id = driver.add(prompt(9, 13), sampled(4));
  std::vector<TokenId> tokens;
  for (int i = 0; i < 6; ++i) {
    auto asked = greedy();
    asked.num_prompt_logprobs = 0;
    const SequenceId other = driver.add(prompt(30, i), asked);
    const auto result = driver.step();
    REQUIRE(result.has_value());
    REQUIRE(result->sampled.size() == 2);
    CHECK(result->prompt_logprobs.size() == 1);
    for (const SampledToken& each : result->sampled) {
      if (each.sequence == id) tokens.push_back(each.token);
    }
    driver.release(other);
  }
  CHECK(tokens == expected);
}

TEST_CASE("what is forced behind a token is computed as if it had been a prompt") {
  auto executor = make_executor();
  auto sampling = greedy();
  sampling.constraint = std::make_shared<ScriptedConstraint>();
  // A prompt whose first answer forces something.
  std::int64_t salt = 0;
  const auto answer_to = [&](std::int64_t number) {
    return generate(*executor, {prompt(6, number)}, greedy(), 1)[0].tokens[0];
  };
  while (answer_to(salt) % 3 != 0) REQUIRE(++salt < 100);
  auto tokens = prompt(6, salt);
  const SequenceId id{910};
  auto first = first_step(id, tokens, 20);
  first.starts[0].sampling = sampling;
  const SampledToken sampled = sample_of(*executor, first);
  CHECK(sampled.forced == forced_behind(sampled.token));
  // Planned before that was known: it computes the sampled token and would have sampled the next.
  const SampledToken known = sample_of(*executor, step(id, 6, 1, 20));
  CHECK(known.token == sampled.forced[0]);
  CHECK(known.forced.empty());
  const TokenId next = token_of(*executor, step(id, 7, 3, 20));
  tokens.push_back(sampled.token);
  tokens.insert(tokens.end(), sampled.forced.begin(), sampled.forced.end());
  CHECK(next == generate(*executor, {tokens}, greedy(), 1)[0].tokens[0]);
}

TEST_CASE("a sequence that begins anew behind its forced tokens goes on as if it had not") {
  auto executor = make_executor();
  auto sampling = sampled(3);
  sampling.constraint = std::make_shared<ScriptedConstraint>();
  std::vector<TokenId> tokens = prompt(6, 12);
  const SequenceId id{911};
  auto batch = first_step(id, tokens, 20);
  batch.starts[0].sampling = sampling;
  std::vector<TokenId> again = tokens;
  for (int i = 0; i < 12; ++i) {
    const SampledToken sample = sample_of(*executor, batch);
    const auto num_known = static_cast<std::int32_t>(tokens.size());
    tokens.push_back(sample.token);
    tokens.insert(tokens.end(), sample.forced.begin(), sample.forced.end());
    batch = step(id, num_known, static_cast<std::int32_t>(tokens.size()) - num_known, 20);
  }
  CHECK(tokens.size() > 6 + 12 + 3);
  for (int i = 0; again.size() < tokens.size(); ++i) {
    const SequenceId other{920 + static_cast<std::uint64_t>(i)};
    auto restart = first_step(other, again, 60);
    restart.starts[0].num_prompt_tokens = 6;
    restart.starts[0].sampling = sampling;
    const SampledToken sample = sample_of(*executor, restart);
    again.push_back(sample.token);
    again.insert(again.end(), sample.forced.begin(), sample.forced.end());
    StepBatch end;
    end.released = {other};
    end.cu_blocks = {0};
    REQUIRE(executor->execute(end).has_value());
  }
  CHECK(again == tokens);
}
