#include "src/response/response_memory.hpp"

namespace octavo {
namespace {

std::size_t bytes_of(const boost::json::value& value) {
  std::size_t bytes = sizeof(value);
  if (const auto* text = value.if_string()) bytes += text->size();
  if (const auto* list = value.if_array()) {
    for (const auto& each : *list) bytes += bytes_of(each);
  }
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) bytes += member.key().size() + bytes_of(member.value());
  }
  return bytes;
}

std::size_t bytes_of(const ResponseCreate& settings) {
  std::size_t bytes = settings.instructions.size() + settings.cache_salt.size() +
                      settings.sampling.stop_token_ids.size() * sizeof(TokenId) +
                      settings.sampling.logit_bias.size() * sizeof(std::pair<TokenId, float>);
  for (const std::string& stop : settings.sampling.stop) bytes += stop.size();
  for (const auto& [key, value] : settings.metadata) bytes += key.size() + value.as_string().size();
  for (const Tool& tool : settings.tools)
    bytes +=
        tool.name.size() + tool.description.size() + bytes_of(boost::json::value(tool.parameters));
  return bytes;
}

}  // namespace

std::size_t bytes_of(const RememberedResponse& response) {
  std::size_t bytes = response.prompt_text.size() + response.output_text.size() +
                      response.cut_text.size() + response.tokens.size() * sizeof(TokenId) +
                      bytes_of(response.settings);
  for (const auto& message : response.messages) bytes += bytes_of(message);
  return bytes;
}

Error previous_response_not_found(const std::string& id) {
  return {Errc::kPreviousResponseNotFound, "Previous response with id '" + id + "' not found.",
          "previous_response_id"};
}

void ResponseMemory::remember(std::shared_ptr<const RememberedResponse> response,
                              std::int64_t num_events) {
  for (auto entry = by_age_.begin(); entry != by_age_.end();) {
    const auto old = entry++;
    if (!old->response->store && old->response->stream_id == response->stream_id) erase(old);
  }
  bytes_ += bytes_of(*response);
  const std::string id = response->id;
  by_age_.push_back({std::move(response), "", num_events});
  by_id_[id] = std::prev(by_age_.end());
  while (by_age_.size() > 1 && (by_age_.size() > max_responses_ || bytes_ > max_bytes_))
    erase(by_age_.begin());
}

std::shared_ptr<const RememberedResponse> ResponseMemory::find(std::string_view id) const {
  const auto found = by_id_.find(std::string(id));
  return found == by_id_.end() ? nullptr : found->second->response;
}

void ResponseMemory::forget(std::string_view id) {
  const auto found = by_id_.find(std::string(id));
  if (found != by_id_.end()) erase(found->second);
}

void ResponseMemory::succeed(const std::string& id, std::string successor) {
  const auto found = by_id_.find(id);
  if (found != by_id_.end()) found->second->successor = std::move(successor);
}

void ResponseMemory::disown(const std::string& id, std::string_view successor) {
  const auto found = by_id_.find(id);
  if (found != by_id_.end() && found->second->successor == successor)
    found->second->successor.clear();
}

std::string ResponseMemory::newest_of(const std::string& id) const {
  std::string newest = id;
  for (auto found = by_id_.find(id); found != by_id_.end() && !found->second->successor.empty();
       found = by_id_.find(newest))
    newest = found->second->successor;
  return newest;
}

std::int64_t ResponseMemory::take_event_number(const std::string& id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? 0 : found->second->next_number++;
}

void ResponseMemory::erase(std::list<Entry>::iterator entry) {
  bytes_ -= bytes_of(*entry->response);
  by_id_.erase(entry->response->id);
  by_age_.erase(entry);
}

}  // namespace octavo
