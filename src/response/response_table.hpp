// All responses of one connection that have not ended: queued, preparing or running. The one place
// that knows them, found by the engine's number or by the client's id.
#pragma once

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "src/response/response.hpp"
#include "src/response/running_responses.hpp"

namespace octavo {

class ResponseTable {
 public:
  /// all: those of every client; outlives the table.
  explicit ResponseTable(RunningResponses& all) : all_(all) {}
  ~ResponseTable() { take_all(); }
  ResponseTable(const ResponseTable&) = delete;
  ResponseTable& operator=(const ResponseTable&) = delete;

  Response& add(Response response) {
    const RequestId request = response.request();
    Response& added = responses_.emplace(request, std::move(response)).first->second;
    all_.add(added);
    return added;
  }
  /// Null when there is none.
  Response* find(RequestId request) {
    const auto found = responses_.find(request);
    return found == responses_.end() ? nullptr : &found->second;
  }
  /// The same in that state alone.
  Response* find(RequestId request, ResponseState state) {
    Response* response = find(request);
    return response != nullptr && response->state() == state ? response : nullptr;
  }
  Response* find(std::string_view id) {
    for (auto& [request, response] : responses_) {
      if (response.id() == id) return &response;
    }
    return nullptr;
  }
  /// Takes it out of the table. It must be there.
  Response take(RequestId request) {
    const auto found = responses_.find(request);
    OCTAVO_ASSERT(found != responses_.end());
    all_.remove(found->second);
    Response response = std::move(found->second);
    responses_.erase(found);
    return response;
  }
  /// Takes all of them out, in the order in which they were asked for.
  std::vector<Response> take_all() {
    std::vector<Response> taken;
    for (auto& [request, response] : responses_) {
      all_.remove(response);
      taken.push_back(std::move(response));
    }
    responses_.clear();
    return taken;
  }
  /// The requests, in the order in which they were asked for.
  std::vector<RequestId> all() const {
    std::vector<RequestId> requests;
    for (const auto& [request, response] : responses_) requests.push_back(request);
    return requests;
  }
  bool is_empty() const { return responses_.empty(); }
  std::size_t size() const { return responses_.size(); }

  /// In the order in which they were asked for. The action must not add or take any.
  template <class Action>
  void for_each(Action action) {
    for (auto& [request, response] : responses_) action(response);
  }

 private:
  RunningResponses& all_;
  std::map<RequestId, Response> responses_;
};

}  // namespace octavo
