// Responses that their clients asked to keep (`store`): they can be continued, read and deleted
// over any connection, until they are too old or too many. The oldest go first. Thread: the io
// thread's only.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "src/response/response.hpp"
#include "src/response/response_memory.hpp"

namespace octavo {

struct StoreLimits {
  std::size_t max_bytes = std::size_t{256} << 20;
  std::chrono::seconds max_age = std::chrono::hours(24);
};

struct StoredResponse {
  std::shared_ptr<const RememberedResponse> memory;  ///< What a continuation needs.
  std::shared_ptr<const Response> response;          ///< As it ended; null for a compaction.
};

class ResponseStore {
 public:
  explicit ResponseStore(const StoreLimits& limits) : limits_(limits) {}

  void put(StoredResponse stored, TimePoint now);
  /// Null for what is not known, is too old, or is another tenant's.
  const StoredResponse* find(std::string_view id, std::uint64_t tenant, TimePoint now);
  /// True when it was there.
  bool erase(std::string_view id, std::uint64_t tenant, TimePoint now);
  std::size_t size() const { return by_age_.size(); }
  std::size_t num_bytes() const { return num_bytes_; }

 private:
  struct Entry {
    StoredResponse stored;
    std::size_t num_bytes = 0;
    TimePoint stored_at;
  };
  void erase(std::list<Entry>::iterator entry);
  void forget_old(TimePoint now);

  const StoreLimits& limits_;
  std::size_t num_bytes_ = 0;
  std::list<Entry> by_age_;  ///< Oldest first.
  std::unordered_map<std::string, std::list<Entry>::iterator> by_id_;
};

}  // namespace octavo
