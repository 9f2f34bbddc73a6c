#include "src/scheduler/block_credits.hpp"

#include <algorithm>
#include <utility>

#include "src/core/error.hpp"

namespace octavo {

BlockCredits::BlockCredits(std::int32_t num_blocks, std::int32_t num_host_blocks)
    : num_free_(num_blocks), num_host_free_(num_host_blocks) {}

std::int32_t BlockCredits::num_pending() const {
  std::int32_t pending = next_.num_given_back;
  for (const Promises& each : in_flight_) pending += each.num_given_back;
  for (const auto& [id, num_blocks] : transfers_) pending += num_blocks;
  return pending;
}

bool BlockCredits::is_demoting_cached() const {
  return std::any_of(transfers_.begin(), transfers_.end(),
                     [](const auto& each) { return each.first.request.value == 0; });
}

void BlockCredits::promise(std::int32_t num_blocks) {
  OCTAVO_ASSERT(num_blocks <= num_free_);
  num_free_ -= num_blocks;
  next_.num_blocks += num_blocks;
}

void BlockCredits::promise_on_host(std::int32_t num_blocks) {
  num_host_free_ -= num_blocks;
  next_.num_host_blocks += num_blocks;
}

void BlockCredits::release(std::int32_t num_blocks) {
  const std::int32_t num_unshared = std::max(0, num_blocks - num_adopted_);
  promise(-num_unshared);
  give_back(num_blocks - num_unshared);
}

void BlockCredits::begin_transfer(const TransferId& id, std::int32_t num_blocks) {
  transfers_.emplace(id, num_blocks);
}

void BlockCredits::demote_cached(const TransferId& id, std::int32_t num_blocks) {
  promise(num_blocks);
  promise_on_host(num_blocks);
  num_cached_ -= num_blocks;
  begin_transfer(id, num_blocks);
}

void BlockCredits::launch() { in_flight_.push_back(std::exchange(next_, {})); }

void BlockCredits::receive(const CacheCredits& receipt) {
  in_flight_.pop_front();
  num_free_ = receipt.num_free;
  num_cached_ = receipt.num_cached;
  num_host_free_ = receipt.num_host_free;
  for (const Promises& each : in_flight_) {
    num_free_ -= each.num_blocks;
    num_host_free_ -= each.num_host_blocks;
  }
}

void BlockCredits::fail(StepId step) {
  in_flight_.pop_front();
  std::erase_if(transfers_, [&](const auto& each) {
    if (each.first.step != step) return false;
    give_back(each.second);
    return true;
  });
}

bool BlockCredits::finish_transfer(const TransferId& id) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) return false;
  give_back(found->second);
  transfers_.erase(found);
  return true;
}

}  // namespace octavo
