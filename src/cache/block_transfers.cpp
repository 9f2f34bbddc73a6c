// The half of the block manager that moves blocks between the tiers.
#include <algorithm>
#include <map>

#include "src/cache/block_manager.hpp"
#include "src/core/error.hpp"

namespace octavo {

void BlockManager::preempt(const std::vector<Preemption>& preempted, StepBatch& batch) {
  std::map<RequestId, std::pair<Transfer, Moved>> groups;
  for (const Preemption& each : preempted) {
    if (each.mode == PreemptionMode::kRecompute) {
      drop(each.id);
      batch.released.push_back(each.id);
      continue;
    }
    Table& table = table_of(each.id);
    auto& [transfer, moved] = groups[table.request];
    transfer.id = {step_, table.request, TransferDirection::kDemote};
    demote(table, moved, transfer);
  }
  for (auto& [request, group] : groups) begin(std::move(group.first), batch.demotions);
}

// moved: what this group's other tables have moved already.
void BlockManager::demote(Table& table, Moved& moved, Transfer& transfer) {
  OCTAVO_ASSERT(table.tier == Tier::kDevice && table.reserved.empty());
  enter_computed(table);
  const std::vector<BlockId> sources = table.blocks;
  for (BlockId& block : table.blocks) {
    const BlockId source = block;
    const ContentId content = pools_.content_of(Tier::kDevice, source);
    if (const auto known = moved.find(source); known != moved.end()) {
      block = known->second;
      pools_.share(Tier::kHost, block, table.request, step_);
    } else if (const auto on_host = pools_.index().place(content, Tier::kHost)) {
      block = *on_host;
      pools_.share(Tier::kHost, block, table.request, step_);
      moved.emplace(source, block);
    } else {
      block = pools_.take(Tier::kHost, table.request, step_);
      pools_.inherit_use(Tier::kDevice, source, Tier::kHost, block);
      copy(TransferDirection::kDemote, source, block, content, transfer);
      moved.emplace(source, block);
    }
  }
  for (std::size_t i = sources.size(); i-- > 0;) pools_.release(Tier::kDevice, sources[i]);
  table.tier = Tier::kHost;
}

void BlockManager::demote_cached(std::int32_t count, StepBatch& batch) {
  Transfer transfer{{step_, RequestId{}, TransferDirection::kDemote}, {}};
  for (std::int32_t i = 0; i < count; ++i) {
    const auto oldest = pools_.pool(Tier::kDevice).oldest_cached();
    if (!oldest) break;
    const ContentId content = pools_.content_of(Tier::kDevice, *oldest);
    if (pools_.index().place(content, Tier::kHost)) {
      pools_.forget(Tier::kDevice, *oldest);
      continue;
    }
    if (pools_.pool(Tier::kHost).num_available() == 0) break;
    const BlockId destination = pools_.take_for_transfer(Tier::kHost, step_);
    pools_.inherit_use(Tier::kDevice, *oldest, Tier::kHost, destination);
    pools_.begin_transfer(Tier::kDevice, *oldest);
    transfer.copies.push_back({*oldest, destination});
    transfers_[transfer.id].copies.push_back({*oldest, destination});
    transfers_[transfer.id].contents.push_back(content);
    ++totals_.num_demoted;
  }
  if (count > 0) begin(std::move(transfer), batch.demotions);
}

void BlockManager::promote(const std::vector<SequenceId>& sequences, StepBatch& batch) {
  std::map<RequestId, std::pair<Transfer, Moved>> groups;
  for (SequenceId sequence : sequences) {
    Table& table = table_of(sequence);
    auto& [transfer, moved] = groups[table.request];
    transfer.id = {step_, table.request, TransferDirection::kPromote};
    promote(table, moved, transfer);
  }
  for (auto& [request, group] : groups) begin(std::move(group.first), batch.promotions);
}

void BlockManager::promote(Table& table, Moved& moved, Transfer& transfer) {
  OCTAVO_ASSERT(table.tier == Tier::kHost);
  const std::vector<BlockId> sources = table.blocks;
  for (BlockId& block : table.blocks) {
    const BlockId source = block;
    const ContentId content = pools_.content_of(Tier::kHost, source);
    if (const auto known = moved.find(source); known != moved.end()) {
      block = known->second;
      pools_.share(Tier::kDevice, block, table.request, step_);
    } else if (const auto on_device = pools_.index().place(content, Tier::kDevice)) {
      block = *on_device;
      pools_.share(Tier::kDevice, block, table.request, step_);
      moved.emplace(source, block);
    } else {
      block = pools_.take(Tier::kDevice, table.request, step_);
      pools_.inherit_use(Tier::kHost, source, Tier::kDevice, block);
      copy(TransferDirection::kPromote, source, block, content, transfer);
      moved.emplace(source, block);
    }
  }
  for (std::size_t i = sources.size(); i-- > 0;) pools_.release(Tier::kHost, sources[i]);
  table.tier = Tier::kDevice;
  table.is_arriving = true;
}

void BlockManager::copy(TransferDirection direction, BlockId source, BlockId destination,
                        ContentId content, Transfer& transfer) {
  const bool demotes = direction == TransferDirection::kDemote;
  pools_.begin_transfer(demotes ? Tier::kDevice : Tier::kHost, source);
  pools_.begin_transfer(demotes ? Tier::kHost : Tier::kDevice, destination);
  transfer.copies.push_back({source, destination});
  TransferRecord& record = transfers_[transfer.id];
  record.copies.push_back({source, destination});
  record.contents.push_back(content);
  ++(demotes ? totals_.num_demoted : totals_.num_promoted);
}

void BlockManager::begin(Transfer transfer, std::vector<Transfer>& transfers) {
  transfers_.try_emplace(transfer.id);
  transfers.push_back(std::move(transfer));
}

void BlockManager::finish(const TransferId& id) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) return;  // Abandoned with its step.
  const bool demotes = id.direction == TransferDirection::kDemote;
  const Tier from = demotes ? Tier::kDevice : Tier::kHost;
  const Tier to = demotes ? Tier::kHost : Tier::kDevice;
  const TransferRecord& record = found->second;
  for (std::size_t i = 0; i < record.copies.size(); ++i) {
    arrive(from, to, record.copies[i], record.contents[i], id.request.value == 0);
    pools_.end_transfer(from, record.copies[i].source);
    pools_.end_transfer(to, record.copies[i].destination);
  }
  transfers_.erase(found);
}

// The content is where it was to go. A cached block that nobody has wanted meanwhile leaves its old
// place.
void BlockManager::arrive(Tier from, Tier to, const BlockCopy& copy, ContentId content,
                          bool was_cached) {
  PrefixIndex& index = pools_.index();
  if (!index.is_known(content)) return;
  if (!index.place(content, to) && pools_.content_of(to, copy.destination).value == 0)
    pools_.enter(to, copy.destination, content);
  if (was_cached && pools_.pool(from).num_holders(copy.source) == 0 &&
      pools_.content_of(from, copy.source) == content)
    pools_.forget(from, copy.source);
}

// Every content is forgotten first, so that nothing of a copy that failed can be entered as
// arrived. The tables on the device belong to requests that end with the step, and nothing of them
// may be entered when they are released.
void BlockManager::abandon(StepId step) {
  pools_.forget_all();
  for (auto& [id, table] : tables_) table.is_lost = table.is_lost || table.tier == Tier::kDevice;
  std::vector<TransferId> begun;
  for (const auto& [id, record] : transfers_) {
    if (id.step == step) begun.push_back(id);
  }
  for (const TransferId& id : begun) finish(id);
}

}  // namespace octavo
