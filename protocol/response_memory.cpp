#include "protocol/response_memory.hpp"

namespace octavo {
namespace {

std::size_t bytes_of(const RememberedResponse& response) {
  std::size_t bytes = response.prompt_text.size() + response.output_text.size() +
                      response.cut_text.size() + response.tokens.size() * sizeof(TokenId);
  for (const auto& message : response.messages) {
    for (const auto& member : message.as_object())
      bytes += member.value().is_string() ? member.value().get_string().size() : 16;
  }
  return bytes;
}

}  // namespace

void ResponseMemory::remember(RememberedResponse response) {
  for (auto entry = by_age_.begin(); entry != by_age_.end();) {
    const auto old = entry++;
    if (!(*old)->store && (*old)->stream_id == response.stream_id) erase(old);
  }
  bytes_ += bytes_of(response);
  const std::string id = response.id;
  by_age_.push_back(std::make_shared<const RememberedResponse>(std::move(response)));
  by_id_[id] = std::prev(by_age_.end());
  while (by_age_.size() > 1 && (by_age_.size() > max_responses_ || bytes_ > max_bytes_))
    erase(by_age_.begin());
}

std::shared_ptr<const RememberedResponse> ResponseMemory::find(std::string_view id) const {
  const auto found = by_id_.find(std::string(id));
  return found == by_id_.end() ? nullptr : *found->second;
}

void ResponseMemory::forget(std::string_view id) {
  const auto found = by_id_.find(std::string(id));
  if (found != by_id_.end()) erase(found->second);
}

void ResponseMemory::erase(std::list<Entry>::iterator entry) {
  bytes_ -= bytes_of(**entry);
  by_id_.erase((*entry)->id);
  by_age_.erase(entry);
}

}  // namespace octavo
