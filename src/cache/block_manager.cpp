#include "src/cache/block_manager.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "src/core/error.hpp"

namespace octavo {

BlockManager::BlockManager(const CacheConfig& config)
    : config_(config),
      pools_(config.num_blocks, config.num_host_blocks, config.block_size, config.secret) {}

StepBatch BlockManager::reserve(StepPlan plan) {
  StepBatch batch;
  batch.id = batch.receipt.id = step_ = plan.id;
  apply_decisions(plan, batch);
  preempt(plan.preempted, batch);
  demote_cached(plan.num_demotions, batch);
  batch.receipt.started.reserve(plan.starts.size());
  for (const SequenceStart& each : plan.starts) start(each, batch);
  promote(plan.promotions, batch);
  schedule(plan, batch);
  batch.starts = std::move(plan.starts);
  batch.receipt.credits = credits();
  return batch;
}

void BlockManager::apply_decisions(StepPlan& plan, StepBatch& batch) {
  for (StepId step : plan.failed) abandon(step);
  for (const TransferId& id : plan.transfers_finished) finish(id);
  for (const Fork& each : plan.forks) {
    Table& child = tables_[each.child];
    fork(child, table_of(each.parent));
  }
  for (const AppendedToken& each : plan.appended) {
    const auto found = tables_.find(each.sequence);
    if (found == tables_.end()) continue;  // It is about to start again, with all its tokens.
    found->second.tokens.push_back(each.token);
    if (found->second.is_beam) batch.appended.push_back(each);
  }
  for (SequenceId sequence : plan.released) drop(sequence);
  batch.forks = std::move(plan.forks);
  batch.released = std::move(plan.released);
}

BlockManager::Table& BlockManager::table_of(SequenceId sequence) {
  const auto found = tables_.find(sequence);
  OCTAVO_ASSERT(found != tables_.end());
  return found->second;
}

void BlockManager::start(const SequenceStart& start, StepBatch& batch) {
  const auto [entry, is_new] = tables_.try_emplace(start.id);
  OCTAVO_ASSERT(is_new);
  Table& table = entry->second;
  table.request = start.request;
  table.cache_namespace = start.cache_namespace;
  table.is_beam = start.sampling.is_beam_search();
  table.max_new_blocks = start.max_blocks;
  table.tokens = start.tokens;
  table.entered = pools_.index().root(start.cache_namespace);
  if (start.is_twin) return;
  StartedSequence started{start.id, 0, 0, false};
  if (start.reservation) {
    pools_.take_range(*start.reservation, start.request, step_);
    for (std::int32_t i = start.reservation->num_blocks; i-- > 0;)
      table.reserved.push_back(BlockId{start.reservation->first.value + i});
  } else if (start.sibling) {
    adopt_sibling(table, table_of(*start.sibling), started);
  } else if (config_.enable_prefix_caching && start.sampling.num_prompt_logprobs < 0) {
    adopt_prefix(table, started, batch);
  }
  table.num_tokens = started.num_cached_tokens;
  table.started = static_cast<std::ptrdiff_t>(batch.receipt.started.size());
  batch.receipt.started.push_back(started);
}

// The last token is always computed, so that there is something to sample from.
void BlockManager::adopt_prefix(Table& table, StartedSequence& started, StepBatch& batch) {
  const auto block_size = static_cast<std::size_t>(config_.block_size);
  const std::size_t max_blocks = (table.tokens.size() - 1) / block_size;
  Transfer transfer{{step_, table.request, TransferDirection::kPromote}, {}};
  PrefixIndex& index = pools_.index();
  while (table.blocks.size() < max_blocks) {
    const std::span tokens(table.tokens.data() + table.blocks.size() * block_size, block_size);
    const PrefixPosition next = index.next(table.entered, tokens);
    if (next.content.value == 0) break;
    const auto on_device = index.place(next.content, Tier::kDevice);
    const bool is_held = on_device && pools_.pool(Tier::kDevice).num_holders(*on_device) > 0;
    if (!is_held && table.max_new_blocks == 1) break;  // One is left to compute into.
    if (on_device) {
      pools_.share(Tier::kDevice, *on_device, table.request, step_);
      append_block(table, *on_device);
      table.max_new_blocks -= is_held ? 0 : 1;
    } else if (const auto on_host = index.place(next.content, Tier::kHost)) {
      // Pinned first, or taking the destination could evict what it is to be copied from.
      pools_.share(Tier::kHost, *on_host, table.request, step_);
      const BlockId block = pools_.take(Tier::kDevice, table.request, step_);
      copy(TransferDirection::kPromote, *on_host, block, next.content, transfer);
      pools_.release(Tier::kHost, *on_host);
      append_block(table, block);
      --table.max_new_blocks;
    } else {
      break;
    }
    table.entered = next;
    ++table.num_entered;
  }
  started.num_cached_tokens = static_cast<std::int32_t>(table.blocks.size() * block_size);
  started.promotes = table.is_arriving = !transfer.copies.empty();
  if (started.promotes) begin(std::move(transfer), batch.promotions);
  totals_.num_queried_tokens += static_cast<std::int64_t>(table.tokens.size());
  totals_.num_hit_tokens += started.num_cached_tokens;
}

// The full blocks of the prompt; siblings have the same one.
void BlockManager::adopt_sibling(Table& table, const Table& sibling, StartedSequence& started) {
  const auto block_size = static_cast<std::size_t>(config_.block_size);
  std::size_t num_same = 0;
  const std::size_t limit = std::min({table.tokens.size() - 1, sibling.tokens.size(),
                                      static_cast<std::size_t>(sibling.num_tokens)});
  while (num_same < limit && table.tokens[num_same] == sibling.tokens[num_same]) ++num_same;
  for (std::size_t i = 0; i < num_same / block_size; ++i) {
    pools_.share(Tier::kDevice, sibling.blocks[i], table.request, step_);
    append_block(table, sibling.blocks[i]);
  }
  started.num_cached_tokens = static_cast<std::int32_t>(num_same / block_size * block_size);
}

void BlockManager::schedule(StepPlan& plan, StepBatch& batch) {
  std::vector<std::int32_t> index_in_batch(plan.scheduled.size(), -1);
  std::vector<const Table*> tables;  // Copied at the end, into memory taken once.
  tables.reserve(plan.scheduled.size());
  batch.scheduled.reserve(plan.scheduled.size());
  batch.cu_blocks.reserve(plan.scheduled.size() + 1);
  batch.cu_blocks.push_back(0);
  for (std::size_t i = 0; i < plan.scheduled.size(); ++i) {
    ScheduledSequence& scheduled = plan.scheduled[i];
    Table& table = table_of(scheduled.id);
    if (scheduled.twin_of >= 0) {
      const auto leader = static_cast<std::size_t>(scheduled.twin_of);
      OCTAVO_ASSERT(leader < i && index_in_batch[leader] >= 0);
      fork(table, table_of(plan.scheduled[leader].id));
      scheduled.twin_of = index_in_batch[leader];
    } else if (!place(scheduled, table, batch)) {
      continue;
    }
    index_in_batch[i] = static_cast<std::int32_t>(batch.scheduled.size());
    batch.scheduled.push_back(scheduled);
    tables.push_back(&table);
    batch.cu_blocks.push_back(batch.cu_blocks.back() +
                              static_cast<std::int32_t>(table.blocks.size()));
  }
  batch.block_tables.resize(static_cast<std::size_t>(batch.cu_blocks.back()));
  for (std::size_t i = 0; i < tables.size(); ++i)
    std::copy(tables[i]->blocks.begin(), tables[i]->blocks.end(),
              batch.block_tables.begin() + batch.cu_blocks[i]);
  for (const StartedSequence& each : batch.receipt.started) table_of(each.id).started = -1;
}

// Moves the window of a sequence that just started past what was cached. False when it computes
// nothing in this step.
bool BlockManager::place(ScheduledSequence& scheduled, Table& table, StepBatch& batch) {
  if (table.started >= 0) {
    StartedSequence& started = batch.receipt.started[static_cast<std::size_t>(table.started)];
    const auto total = static_cast<std::int32_t>(table.tokens.size());
    const std::int32_t first = started.num_cached_tokens;
    std::int64_t end =
        scheduled.samples ? total : std::min(first + scheduled.num_tokens, total - 1);
    const auto num_blocks = static_cast<std::int64_t>(table.blocks.size());
    if (table.reserved.empty())
      end = std::min(end, (num_blocks + table.max_new_blocks) * config_.block_size);
    if (started.promotes || end <= first) return false;
    scheduled.first_position = first;
    scheduled.num_tokens = static_cast<std::int32_t>(end - first);
    started.num_scheduled_tokens = scheduled.num_tokens;
  }
  grow(table, scheduled, batch.copies);
  return true;
}

void BlockManager::grow(Table& table, const ScheduledSequence& scheduled,
                        std::vector<BlockCopy>& copies) {
  const std::int64_t end = std::int64_t{scheduled.first_position} + scheduled.num_tokens;
  OCTAVO_ASSERT(table.tier == Tier::kDevice && scheduled.num_tokens >= 1 &&
                scheduled.first_position == table.num_tokens);
  table.is_arriving = false;
  const BlockPool& pool = pools_.pool(Tier::kDevice);
  for (auto i = static_cast<std::size_t>(scheduled.first_position / config_.block_size);
       i < table.blocks.size(); ++i) {
    if (pool.num_holders(table.blocks[i]) == 1) continue;
    const BlockId own = pools_.take(Tier::kDevice, table.request, step_);
    copies.push_back({table.blocks[i], own});
    pools_.release(Tier::kDevice, table.blocks[i]);
    table.blocks[i] = own;
    ++totals_.num_copied;
  }
  const auto needed = static_cast<std::size_t>(blocks_for(end, config_.block_size));
  while (table.blocks.size() < needed) {
    if (table.reserved.empty()) {
      append_block(table, pools_.take(Tier::kDevice, table.request, step_));
    } else {
      append_block(table, table.reserved.back());
      table.reserved.pop_back();
    }
  }
  table.num_tokens = end;
  enter_computed(table);
}

// Tells the prefix index of the blocks that are full, computed and whose tokens are known.
void BlockManager::enter_computed(Table& table) {
  if (!config_.enable_prefix_caching || table.tier != Tier::kDevice) return;
  if (table.is_arriving || table.is_lost) return;
  const auto block_size = static_cast<std::size_t>(config_.block_size);
  const std::size_t num_full =
      std::min(static_cast<std::size_t>(table.num_tokens), table.tokens.size()) / block_size;
  PrefixIndex& index = pools_.index();
  for (; table.num_entered < num_full; ++table.num_entered) {
    const std::span tokens(table.tokens.data() + table.num_entered * block_size, block_size);
    PrefixPosition next = index.next(table.entered, tokens);
    const BlockId block = table.blocks[table.num_entered];
    if (pools_.content_of(Tier::kDevice, block).value == 0) {
      if (next.content.value == 0) next.content = index.insert(next, table.entered.content, tokens);
      // Where the same content lies already, this block stays unknown and is freed when released.
      if (!index.place(next.content, Tier::kDevice))
        pools_.enter(Tier::kDevice, block, next.content);
    }
    table.entered = next;
  }
}

void BlockManager::append_block(Table& table, BlockId block) {
  table.blocks.push_back(block);
  ++num_table_blocks_;
}

void BlockManager::fork(Table& child, const Table& parent) {
  OCTAVO_ASSERT(child.blocks.empty());
  const std::ptrdiff_t started = child.started;
  child = parent;
  child.started = started;
  num_table_blocks_ += static_cast<std::int64_t>(child.blocks.size());
  for (BlockId block : child.blocks) pools_.share(child.tier, block, child.request, step_);
}

void BlockManager::drop(SequenceId sequence) {
  const auto found = tables_.find(sequence);
  if (found == tables_.end()) return;  // Cancelled before it ever started.
  enter_computed(found->second);
  give_back(found->second);
  tables_.erase(found);
}

// The last block first: tails are evicted before heads, and the pool hands a sequence's blocks out
// again in their old order.
void BlockManager::give_back(Table& table) {
  for (BlockId block : table.reserved) pools_.release(Tier::kDevice, block);
  num_table_blocks_ -= static_cast<std::int64_t>(table.blocks.size());
  while (!table.blocks.empty()) {
    pools_.release(table.tier, table.blocks.back());
    table.blocks.pop_back();
  }
}

CacheCredits BlockManager::credits() const {
  const BlockPool& device = pools_.pool(Tier::kDevice);
  return {device.num_available(), device.num_cached(), pools_.pool(Tier::kHost).num_available()};
}

}  // namespace octavo
