#include "src/core/step.hpp"

#include <algorithm>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

constexpr TransferId transfer(std::uint64_t step, std::uint64_t request,
                              TransferDirection direction) {
  return {StepId{step}, RequestId{request}, direction};
}

}  // namespace

TEST_CASE("transfers go by their step, then by their request, then out before in") {
  const std::vector<TransferId> ordered{
      transfer(1, 0, TransferDirection::kPromote), transfer(1, 2, TransferDirection::kDemote),
      transfer(1, 2, TransferDirection::kPromote), transfer(1, 3, TransferDirection::kDemote),
      transfer(2, 0, TransferDirection::kDemote)};
  std::vector<TransferId> sorted(ordered.rbegin(), ordered.rend());
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == ordered);
}

TEST_CASE("parts of a plan are the same when all of their members are") {
  const ScheduledSequence scheduled{SequenceId{1}, 4, 2, true, -1};
  CHECK(scheduled == ScheduledSequence{SequenceId{1}, 4, 2, true});  // No twin by default.
  for (const ScheduledSequence& other : {ScheduledSequence{SequenceId{2}, 4, 2, true, -1},
                                         ScheduledSequence{SequenceId{1}, 5, 2, true, -1},
                                         ScheduledSequence{SequenceId{1}, 4, 3, true, -1},
                                         ScheduledSequence{SequenceId{1}, 4, 2, false, -1},
                                         ScheduledSequence{SequenceId{1}, 4, 2, true, 0}})
    CHECK_FALSE(scheduled == other);
  CHECK_FALSE(BlockRange{BlockId{1}, 2} == BlockRange{BlockId{2}, 1});
  CHECK_FALSE(Fork{SequenceId{1}, SequenceId{2}} == Fork{SequenceId{2}, SequenceId{1}});
  CHECK_FALSE(BlockCopy{BlockId{1}, BlockId{2}} == BlockCopy{BlockId{2}, BlockId{1}});
  CHECK_FALSE(Preemption{SequenceId{1}, PreemptionMode::kSwap} ==
              Preemption{SequenceId{1}, PreemptionMode::kRecompute});
}
