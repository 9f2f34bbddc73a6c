// One session's view of the engine's load: looks at the status once per interval while somebody
// wants it, and sends what has changed. Thread: the io thread's only.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>

#include "actors/messages.hpp"
#include "actors/session/outbox.hpp"
#include "protocol/feed_frames.hpp"
#include "protocol/metrics.hpp"
#include "src/core/engine_status.hpp"

namespace octavo {

class LoadSubscription {
 public:
  /// What it looks at; outlives it while it is active.
  struct Sources {
    const EngineStatus& status;
    Metrics& metrics;
    const std::function<TimePoint()>& clock;
  };

  LoadSubscription(Sources sources, const asio::any_io_executor& executor,
                   Address<SessionMessage> session, Outbox& outbox);

  /// Begins, or begins anew: a frame at once, numbered from 0. wants_totals: each frame tells what
  /// was done since the start, too.
  void begin(std::chrono::milliseconds interval, bool wants_totals = false);
  void end();
  void look(const LoadDue& message);

 private:
  Load measure();
  void tell();
  void wait();

  Sources sources_;
  Address<SessionMessage> session_;
  Outbox& outbox_;
  asio::steady_timer timer_;
  std::chrono::milliseconds interval_{};
  bool is_active_ = false;
  bool wants_totals_ = false;
  std::uint64_t subscription_ = 0;
  std::int64_t next_number_ = 0;
  std::optional<Load> told_;
  std::int64_t num_tokens_ = 0;  ///< Generated until `measured_at_`.
  TimePoint measured_at_;
};

}  // namespace octavo
