// How a client asks for a feed and gives it up: `octavo:subscribe` and `octavo:unsubscribe`.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "src/core/result.hpp"

namespace octavo {

enum class FeedTopic : std::uint8_t { kMetrics, kBlocks };

/// Begins a feed anew, whether it runs or not.
struct FeedSubscribe {
  FeedTopic topic = FeedTopic::kMetrics;
  std::chrono::milliseconds interval{250};  ///< At most one picture in each.
  bool totals = false;                      ///< Of the metrics: what was done since the start, too.
  std::vector<std::string> unknown_fields{};
};
/// To end a feed that does not run is no error.
struct FeedUnsubscribe {
  FeedTopic topic = FeedTopic::kMetrics;
  std::vector<std::string> unknown_fields{};
};

/// Errors: kInvalidValue for a topic or an interval that does not exist.
[[nodiscard]] Result<FeedSubscribe> parse_subscribe(const boost::json::object& event);
[[nodiscard]] Result<FeedUnsubscribe> parse_unsubscribe(const boost::json::object& event);

}  // namespace octavo
