#include "src/scheduler/borrowing.hpp"

#include <algorithm>

#include "src/core/block_count.hpp"
#include "src/scheduler/admission.hpp"
#include "src/scheduler/block_needs.hpp"
#include "src/scheduler/step_cost.hpp"

namespace octavo {
namespace {

constexpr std::int32_t kGrowth = 64;  ///< Tokens.
constexpr std::int32_t kMostDoublings = 14;

}  // namespace

bool Borrowing::may_begin(const SequenceGroup& group) const {
  if (!config_.is_paged() || queues_.borrower() != nullptr || queues_.running().empty())
    return false;
  if (group.sequences.size() != 1 || group.beams != nullptr || group.is_on_host()) return false;
  if (group.sequences.front()->num_completion_tokens() > 0) return false;
  if (group.num_preemptions > 0 && !config_.enable_prefix_caching) return false;
  return room(group) >= blocks_for(StepCost::kSmallestChunk, config_.block_size);
}

std::int32_t Borrowing::room(const SequenceGroup& group) const {
  const std::int32_t num_tokens = kGrowth << std::min(group.num_preemptions, kMostDoublings);
  const std::int32_t num_kept = std::max(
      watermark(config_), blocks_to_grow(queues_.running(), num_tokens, config_.block_size));
  const std::int32_t num_committed =
      blocks_committed(queues_.running(), config_.block_size, queues_.borrower());
  return credits_.num_free() - num_committed - num_kept;
}

std::int32_t Borrowing::num_free_for(const SequenceGroup& group) const {
  const SequenceGroup* borrower = queues_.borrower();
  const bool passes = borrower != nullptr && queues_.goes_before(group, *borrower);
  return credits_.num_free() -
         blocks_committed(queues_.running(), config_.block_size, passes ? borrower : nullptr);
}

bool Borrowing::is_called_in() const {
  const SequenceGroup* borrower = queues_.borrower();
  if (borrower == nullptr) return false;
  if (blocks_committed(queues_.running(), config_.block_size, borrower) > credits_.num_free())
    return true;
  if (!queues_.preempted().empty()) return is_wanted_by(*queues_.preempted().front());
  return queues_.has_waiting() && is_wanted_by(queues_.next_waiting());
}

bool Borrowing::is_wanted_by(const SequenceGroup& next) const {
  const SequenceGroup& borrower = *queues_.borrower();
  if (!queues_.goes_before(next, borrower)) return false;
  const std::int32_t num_free = num_free_for(next);
  const std::int32_t num_wanted = blocks_to_come(next, config_.block_size);
  const std::int32_t num_lent = blocks_held(borrower, true, config_.block_size);
  return !may_enter(config_, num_wanted, num_free, true) &&
         may_enter(config_, num_wanted, num_free + num_lent, true);
}

void Borrowing::settle() {
  const SequenceGroup* borrower = queues_.borrower();
  if (borrower == nullptr) return;
  const bool is_alone = queues_.running().size() == 1;
  const std::int32_t num_kept = is_alone ? 0 : watermark(config_);
  const std::int32_t num_committed = blocks_committed(queues_.running(), config_.block_size);
  if (borrower->sequences.front()->has_computed_prompt() ||
      num_committed + num_kept <= credits_.num_free())
    queues_.settle();
}

}  // namespace octavo
