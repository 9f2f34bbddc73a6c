#include "src/response/response_store.hpp"

#include <utility>

namespace octavo {
namespace {

std::size_t bytes_of(const CompletionChoice& choice) {
  std::size_t bytes = choice.text().size() + choice.tokens().size() * sizeof(TokenId);
  for (const LogprobEntry& entry : choice.logprobs()) {
    bytes += sizeof(LogprobEntry) + entry.bytes.size();
    bytes += entry.top.size() * sizeof(entry.top.front());
  }
  return bytes;
}

std::size_t bytes_of(const StoredResponse& stored) {
  std::size_t bytes = sizeof(Response) + bytes_of(*stored.memory);
  if (stored.response == nullptr) return bytes;
  for (const CompletionChoice& choice : stored.response->choices()) bytes += bytes_of(choice);
  return bytes;
}

}  // namespace

void ResponseStore::put(StoredResponse stored, TimePoint now) {
  const std::string id = stored.memory->id;
  const std::size_t num_bytes = bytes_of(stored);
  num_bytes_ += num_bytes;
  by_age_.push_back({std::move(stored), num_bytes, now});
  by_id_[id] = std::prev(by_age_.end());
  forget_old(now);
}

const StoredResponse* ResponseStore::find(std::string_view id, std::uint64_t tenant,
                                          TimePoint now) {
  forget_old(now);
  const auto found = by_id_.find(std::string(id));
  if (found == by_id_.end()) return nullptr;
  const StoredResponse& stored = found->second->stored;
  return stored.memory->settings.tenant == tenant ? &stored : nullptr;
}

bool ResponseStore::erase(std::string_view id, std::uint64_t tenant, TimePoint now) {
  if (find(id, tenant, now) == nullptr) return false;
  erase(by_id_.at(std::string(id)));
  return true;
}

// The newest stays however large it is: its client has just been told of it.
void ResponseStore::forget_old(TimePoint now) {
  while (by_age_.size() > 1 && num_bytes_ > limits_.max_bytes) erase(by_age_.begin());
  while (!by_age_.empty() && now - by_age_.front().stored_at > limits_.max_age)
    erase(by_age_.begin());
}

void ResponseStore::erase(std::list<Entry>::iterator entry) {
  num_bytes_ -= entry->num_bytes;
  by_id_.erase(entry->stored.memory->id);
  by_age_.erase(entry);
}

}  // namespace octavo
