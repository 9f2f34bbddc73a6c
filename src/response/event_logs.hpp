// A client resumes a response by its id, over any connection. This finds the event log of every
// response that can be resumed: of those that run, and of those that ended a short while ago.
// Thread: the io thread's only.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "src/core/ids.hpp"
#include "src/core/request.hpp"
#include "src/response/event_log.hpp"

namespace octavo {

struct EventLogLimits {
  std::size_t max_log_bytes = std::size_t{4} << 20;
  std::size_t max_logs = 4096;  ///< More responses run without one.
};

class EventLogs {
 public:
  explicit EventLogs(EventLogLimits limits = {}) : limits_(limits) {}

  /// Null when there are too many logs already; the response then runs without one.
  std::shared_ptr<EventLog> begin(const std::string& id, std::uint64_t tenant, TimePoint now) {
    forget_old(now);
    if (logs_.size() >= limits_.max_logs) return nullptr;
    auto log = std::make_shared<EventLog>(limits_.max_log_bytes);
    logs_.emplace(id, Entry{log, tenant});
    return log;
  }
  /// The response has ended. Its log can be found until this time.
  void end(const std::string& id, TimePoint until) {
    if (logs_.contains(id)) ended_.emplace_back(until, id);
  }
  /// Null for an id that is not known or belongs to another tenant.
  std::shared_ptr<EventLog> find(const std::string& id, std::uint64_t tenant, TimePoint now) {
    forget_old(now);
    const auto found = logs_.find(id);
    if (found == logs_.end() || found->second.tenant != tenant) return nullptr;
    return found->second.log;
  }
  std::size_t size() const { return logs_.size(); }

 private:
  struct Entry {
    std::shared_ptr<EventLog> log;
    std::uint64_t tenant = 0;
  };

  // Listeners share the log, so one that is forgotten here lives as long as they do.
  void forget_old(TimePoint now) {
    std::erase_if(ended_, [&](const auto& each) {
      if (each.first > now) return false;
      logs_.erase(each.second);
      return true;
    });
  }

  EventLogLimits limits_;
  std::unordered_map<std::string, Entry> logs_;
  std::list<std::pair<TimePoint, std::string>> ended_;
};

}  // namespace octavo
