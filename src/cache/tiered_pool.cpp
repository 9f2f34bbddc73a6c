#include "src/cache/tiered_pool.hpp"

#include <algorithm>

#include "src/core/error.hpp"

namespace octavo {

TieredPool::TieredPool(std::int32_t num_device_blocks, std::int32_t num_host_blocks,
                       std::int32_t block_size, std::uint64_t secret)
    : pools_{BlockPool(num_device_blocks), BlockPool(num_host_blocks)},
      index_(num_device_blocks + num_host_blocks, block_size, secret) {
  for (std::size_t tier = 0; tier < pools_.size(); ++tier) {
    const auto num_blocks = static_cast<std::size_t>(pools_[tier].num_blocks());
    contents_[tier].resize(num_blocks);
    uses_[tier].resize(num_blocks);
    is_marked_[tier].resize(num_blocks);
  }
}

void TieredPool::make_room(Tier tier) {
  BlockPool& pool = pools_[index_of(tier)];
  if (pool.num_free() > 0) return;
  const auto oldest = pool.oldest_cached();
  OCTAVO_ASSERT(oldest.has_value());
  forget(tier, *oldest);
}

BlockId TieredPool::take(Tier tier, RequestId request, StepId step) {
  make_room(tier);
  const BlockId block = *pools_[index_of(tier)].allocate();
  uses_[index_of(tier)][at(block)].num_requests = 0;
  note_use(tier, block, request, step);
  return block;
}

void TieredPool::take_range(const BlockRange& range, RequestId request, StepId step) {
  for (std::int32_t i = 0; i < range.num_blocks; ++i) {
    const BlockId block{range.first.value + i};
    pools_[index_of(Tier::kDevice)].allocate(block);
    uses_[index_of(Tier::kDevice)][at(block)].num_requests = 0;
    note_use(Tier::kDevice, block, request, step);
  }
}

BlockId TieredPool::take_for_transfer(Tier tier, StepId step) {
  const BlockId block = take(tier, RequestId{}, step);
  begin_transfer(tier, block);
  release(tier, block);
  return block;
}

void TieredPool::share(Tier tier, BlockId block, RequestId request, StepId step) {
  pools_[index_of(tier)].retain(block);
  note_use(tier, block, request, step);
}

void TieredPool::release(Tier tier, BlockId block) {
  pools_[index_of(tier)].release(block);
  mark(tier, block);
}

void TieredPool::begin_transfer(Tier tier, BlockId block) {
  pools_[index_of(tier)].begin_transfer(block);
  mark(tier, block);
}

void TieredPool::end_transfer(Tier tier, BlockId block) {
  pools_[index_of(tier)].end_transfer(block);
  mark(tier, block);
}

void TieredPool::enter(Tier tier, BlockId block, ContentId content) {
  OCTAVO_ASSERT(content_of(tier, block).value == 0);
  pools_[index_of(tier)].keep_content(block);
  contents(tier)[at(block)] = content;
  index_.set_place(content, tier, block);
}

void TieredPool::forget(Tier tier, BlockId block) {
  ContentId& content = contents(tier)[at(block)];
  if (content.value == 0) return;
  index_.clear_place(content, tier);
  content = {};
  pools_[index_of(tier)].drop_content(block);
  mark(tier, block);
}

void TieredPool::forget_all() {
  for (Tier tier : {Tier::kDevice, Tier::kHost}) {
    for (std::int32_t i = 0; i < pool(tier).num_blocks(); ++i) forget(tier, BlockId{i});
  }
}

void TieredPool::inherit_use(Tier from, BlockId source, Tier to, BlockId destination) {
  uses_[index_of(to)][at(destination)] = uses_[index_of(from)][at(source)];
  mark(to, destination);
}

void TieredPool::note_use(Tier tier, BlockId block, RequestId request, StepId step) {
  Use& use = uses_[index_of(tier)][at(block)];
  use.last_used = step;
  const auto known = use.requests.begin() + use.num_requests;
  if (request.value != 0 && std::find(use.requests.begin(), known, request) == known) {
    if (use.num_requests == kMaxBlockRequests) {
      std::move(use.requests.begin() + 1, use.requests.end(), use.requests.begin());
      --use.num_requests;
    }
    use.requests[use.num_requests++] = request;
  }
  mark(tier, block);
}

BlockView TieredPool::view(Tier tier, BlockId block) const {
  const BlockPool& pool = this->pool(tier);
  const Use& use = uses_[index_of(tier)][at(block)];
  BlockView view;
  view.tier = tier;
  view.id = block;
  view.num_holders = pool.num_holders(block);
  if (pool.num_transfers(block) > 0)
    view.state = BlockState::kInTransfer;
  else if (view.num_holders > 0)
    view.state = BlockState::kOwned;
  else if (pool.is_cached(block))
    view.state = BlockState::kCached;
  if (view.state == BlockState::kFree) return view;
  view.requests.assign(use.requests.begin(), use.requests.begin() + use.num_requests);
  view.last_used = use.last_used;
  return view;
}

void TieredPool::set_observed(bool observed) {
  is_observed_ = observed;
  if (!observed) take_changed();
}

void TieredPool::mark(Tier tier, BlockId block) {
  if (!is_observed_ || is_marked_[index_of(tier)][at(block)]) return;
  is_marked_[index_of(tier)][at(block)] = true;
  marked_.emplace_back(tier, block);
}

std::vector<BlockView> TieredPool::take_changed() {
  std::vector<BlockView> views;
  views.reserve(marked_.size());
  for (const auto& [tier, block] : marked_) {
    is_marked_[index_of(tier)][at(block)] = false;
    views.push_back(view(tier, block));
  }
  marked_.clear();
  return views;
}

std::string TieredPool::fault() const {
  std::int32_t num_places = 0;
  for (Tier tier : {Tier::kDevice, Tier::kHost}) {
    const char* name = tier == Tier::kDevice ? "device: " : "host: ";
    if (std::string fault = pool(tier).fault(); !fault.empty()) return name + fault;
    for (std::int32_t i = 0; i < pool(tier).num_blocks(); ++i) {
      const ContentId content = content_of(tier, BlockId{i});
      if (content.value == 0) continue;
      ++num_places;
      if (index_.place(content, tier) != BlockId{i})
        return name + ("block " + std::to_string(i) + " holds what the index places elsewhere");
    }
  }
  if (index_.size() > num_places) return "the index knows contents that lie nowhere";
  return "";
}

}  // namespace octavo
