#include "src/runtime/batch_inputs.hpp"

#include <functional>

#include "tests/support/catch.hpp"
#include "tests/support/scripted_constraint.hpp"

using namespace octavo;

namespace {

constexpr SequenceId kLong{1};
constexpr SequenceId kShort{2};
constexpr BatchLimits kLimits{
    .block_size = 4, .num_blocks = 10, .max_tokens = 8, .max_sequences = 2, .max_positions = 16};

/// A prefill from position 2 of a sequence of 7, and one decode.
StepBatch example() {
  StepBatch batch;
  batch.id = StepId{5};
  batch.scheduled = {{kLong, 2, 4, false}, {kShort, 2, 1, true}};
  batch.block_tables = {BlockId{7}, BlockId{3}, BlockId{0}};
  batch.cu_blocks = {0, 2, 3};
  return batch;
}

SequenceTable example_sequences() {
  SequenceTable sequences({}, 100);
  StepBatch batch;
  batch.starts = {{kLong, RequestId{}, {10, 11, 12, 13, 14, 15, 16}, 7, {}},
                  {kShort, RequestId{}, {20, 21, 22}, 2, {}}};
  REQUIRE(sequences.apply(batch).has_value());
  return sequences;
}

std::string complaint(const std::function<void(StepBatch&)>& change) {
  auto batch = example();
  change(batch);
  BatchInputs inputs;
  const auto built = build_batch_inputs(batch, example_sequences(), kLimits, inputs);
  if (built) return "";
  CHECK(built.error().code == Errc::kEngineError);
  return built.error().detail;
}

}  // namespace

TEST_CASE("a batch becomes flat arrays in its own order") {
  BatchInputs inputs;
  REQUIRE(build_batch_inputs(example(), example_sequences(), kLimits, inputs).has_value());
  CHECK(inputs.token_ids == std::vector<std::int32_t>{12, 13, 14, 15, 22});
  CHECK(inputs.positions == std::vector<std::int32_t>{2, 3, 4, 5, 2});
  CHECK(inputs.slots == std::vector<std::int64_t>{30, 31, 12, 13, 2});
  CHECK(inputs.cu_seqlens == std::vector<std::int32_t>{0, 4, 5});
  CHECK(inputs.context_lens == std::vector<std::int32_t>{6, 3});
  CHECK(inputs.cu_blocks == std::vector<std::int32_t>{0, 2, 3});
  CHECK(inputs.block_tables == std::vector<std::int32_t>{7, 3, 0});
  CHECK(inputs.logits_rows == std::vector<std::int32_t>{4});
  const auto view = inputs.view();
  CHECK(view.num_tokens == 5);
  CHECK(view.num_seqs == 2);
  CHECK(view.num_logits == 1);
}

TEST_CASE("arrays of one step leave nothing in the next") {
  BatchInputs inputs;
  const auto sequences = example_sequences();
  REQUIRE(build_batch_inputs(example(), sequences, kLimits, inputs).has_value());
  StepBatch empty;
  empty.cu_blocks = {0};
  REQUIRE(build_batch_inputs(empty, sequences, kLimits, inputs).has_value());
  CHECK(inputs.view().num_tokens == 0);
  CHECK(inputs.cu_seqlens == std::vector<std::int32_t>{0});
  CHECK(inputs.block_tables.empty());
}

TEST_CASE("a batch that points outside the sequences or the cache is refused") {
  const std::string step = "step 5: ";
  CHECK(complaint([](StepBatch&) {}).empty());
  CHECK(complaint([](StepBatch& b) { b.scheduled[1].id = SequenceId{9}; }) ==
        step + "sequence 9 is not known");
  CHECK(complaint([](StepBatch& b) { b.scheduled[0].num_tokens = 0; }) ==
        step + "sequence 1 computes no token");
  CHECK(complaint([](StepBatch& b) { b.scheduled[0].first_position = -1; }) ==
        step + "sequence 1 computes no token");
  CHECK(complaint([](StepBatch& b) { b.scheduled[1].num_tokens = 2; }) ==
        step + "sequence 2 lacks tokens to compute");
  CHECK(complaint([](StepBatch& b) { b.scheduled[0].samples = true; }) ==
        step + "sequence 1 samples before its last token");
  CHECK(complaint([](StepBatch& b) { b.scheduled[0].first_position = 14; }) ==
        step + "sequence 1 is longer than the model's context");
  CHECK(complaint([](StepBatch& b) {
          b.cu_blocks = {0, 1, 3};
        }) == step + "sequence 1 has too few blocks");
  CHECK(complaint([](StepBatch& b) { b.block_tables[1] = BlockId{10}; }) ==
        step + "block 10 is not in the pool");
  CHECK(complaint([](StepBatch& b) { b.block_tables[1] = BlockId{-1}; }) ==
        step + "block -1 is not in the pool");
}

TEST_CASE("prefix sums that do not fit the tables are refused") {
  const std::string fault = "step 5: cu_blocks do not match the block tables";
  for (const std::vector<std::int32_t>& sums : std::vector<std::vector<std::int32_t>>{
           {}, {0, 3}, {1, 2, 3}, {0, 4, 3}, {0, 2, 4}, {0, -1, 3}}) {
    CHECK(complaint([&](StepBatch& b) { b.cu_blocks = sums; }) == fault);
  }
}

TEST_CASE("a step beyond its limits is refused") {
  auto limits = kLimits;
  BatchInputs inputs;
  limits.max_tokens = 4;
  CHECK(build_batch_inputs(example(), example_sequences(), limits, inputs).error().detail ==
        "step 5: more tokens than max_num_batched_tokens");
  limits = kLimits;
  limits.max_sequences = 1;
  CHECK(build_batch_inputs(example(), example_sequences(), limits, inputs).error().detail ==
        "step 5: more sequences than max_num_seqs");
}

TEST_CASE("a sequence samples after its last token, or where a token was forced meanwhile") {
  SequenceTable sequences({}, 300);
  StepBatch start;
  SamplingParams sampling;
  sampling.constraint = std::make_shared<testing::ScriptedConstraint>();
  start.starts = {{kLong, RequestId{}, {10, 11, 12, 13}, 4, sampling}};
  REQUIRE(sequences.apply(start).has_value());
  const std::size_t index = sequences.append(kLong, 30);
  REQUIRE(sequences.force(kLong, index).size() == 3);
  const auto complaint_at = [&](std::int32_t first, std::int32_t num_tokens) {
    StepBatch batch;
    batch.scheduled = {{kLong, first, num_tokens, true}};
    batch.block_tables = {BlockId{1}, BlockId{2}, BlockId{3}};
    batch.cu_blocks = {0, 3};
    BatchInputs inputs;
    const auto built = build_batch_inputs(batch, sequences, kLimits, inputs);
    return built ? "" : built.error().detail;
  };
  CHECK(complaint_at(4, 1).empty());  // The first of the forced ones stands there.
  CHECK(complaint_at(6, 1).empty());
  CHECK(complaint_at(5, 3).empty());  // All are computed, and the next is sampled.
  CHECK(complaint_at(3, 1) == "step 0: sequence 1 samples before its last token");
  CHECK(complaint_at(5, 4) == "step 0: sequence 1 lacks tokens to compute");
  sequences.append(kLong, 31);
  CHECK(complaint_at(4, 1) == "step 0: sequence 1 samples before its last token");
  CHECK(complaint_at(7, 2).empty());
}
