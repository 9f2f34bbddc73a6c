// A response can be asked for and cancelled from anywhere, also over another connection than its
// own: the one place that knows all that run in this server, by the engine's number and by the name
// that clients gave their requests. Thread: the io thread's only.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "src/response/response.hpp"

namespace octavo {

class RunningResponses {
 public:
  /// Called once with the response as it leaves: ended, or never begun.
  using Farewell = std::function<void(const Response&)>;

  /// response: stays where it is until remove().
  void add(Response& response) {
    entries_.emplace(response.request().value, Entry{&response, {}});
    ++num_of_tenant_[response.create().tenant];
    const std::string& name = response.create().request_name;
    if (!name.empty()) by_name_.emplace(name, response.request().value);
  }
  void remove(const Response& response) {
    const auto found = entries_.find(response.request().value);
    if (found == entries_.end()) return;
    const std::vector<Farewell> farewells = std::move(found->second.farewells);
    entries_.erase(found);
    const auto counted = num_of_tenant_.find(response.create().tenant);
    if (--counted->second == 0) num_of_tenant_.erase(counted);
    const auto [first, last] = by_name_.equal_range(response.create().request_name);
    for (auto named = first; named != last; ++named) {
      if (named->second != response.request().value) continue;
      by_name_.erase(named);
      break;
    }
    for (const Farewell& farewell : farewells) farewell(response);
  }

  /// Null for what does not run, and for what is another tenant's.
  Response* find(RequestId request, std::uint64_t tenant) {
    const auto found = entries_.find(request.value);
    if (found == entries_.end()) return nullptr;
    Response* response = found->second.response;
    return response->create().tenant == tenant ? response : nullptr;
  }
  /// All of one name, oldest first.
  std::vector<Response*> find(const std::string& name, std::uint64_t tenant) {
    std::vector<Response*> found;
    const auto [first, last] = by_name_.equal_range(name);
    for (auto named = first; named != last; ++named) {
      Response* response = find(RequestId{named->second}, tenant);
      if (response != nullptr) found.push_back(response);
    }
    std::ranges::sort(found, {}, [](const Response* each) { return each->request(); });
    return found;
  }
  /// The response must run.
  void when_gone(RequestId request, Farewell farewell) {
    entries_.at(request.value).farewells.push_back(std::move(farewell));
  }
  std::size_t size() const { return entries_.size(); }
  /// Those of one tenant.
  std::size_t num_of(std::uint64_t tenant) const {
    const auto found = num_of_tenant_.find(tenant);
    return found == num_of_tenant_.end() ? 0 : found->second;
  }

 private:
  struct Entry {
    Response* response;
    std::vector<Farewell> farewells;
  };
  std::unordered_map<std::uint64_t, Entry> entries_;  ///< By the engine's number.
  std::unordered_multimap<std::string, std::uint64_t> by_name_;
  std::unordered_map<std::uint64_t, std::size_t> num_of_tenant_;
};

}  // namespace octavo
