#include "actors/session/resumable_responses.hpp"

#include <algorithm>

#include "actors/session/request_log.hpp"
#include "protocol/response_events.hpp"

namespace octavo {

bool ResumableResponses::survives(const Response& response, CancelReason reason) {
  return reason != CancelReason::kShutdown && response.event_log != nullptr &&
         response.num_events() > 0;
}

// A timer looks again well before the shortest grace is over.
void ResumableResponses::detach() {
  if (responses_.is_empty()) return;
  std::chrono::milliseconds least = std::chrono::hours(1);
  responses_.for_each([&](Response& response) {
    if (!response.gone_at) response.gone_at = context_.clock();
    least = std::min(least, *response.create().resume_grace);
  });
  timer_.expires_after(std::max(least / 4, std::chrono::milliseconds(1)));
  timer_.async_wait([reply_to = reply_to_](boost::system::error_code error) {
    if (!error) reply_to.send(GraceDue{});
  });
}

void ResumableResponses::give_up_expired() {
  const TimePoint now = context_.clock();
  responses_.for_each([&](Response& response) {
    if (response.state() != ResponseState::kRunning) return;
    if (response.event_log->has_listeners()) response.gone_at = now;
    if (now - *response.gone_at < *response.create().resume_grace) return;
    log_aborted(response, CancelReason::kClientGone);
    context_.scheduler.send(CancelRequest{response.request(), CancelReason::kClientGone});
  });
  detach();
}

void ResumableResponses::record(Response& response, const ResponseEvent& event,
                                const std::vector<std::string>& frames, bool is_plain) {
  std::vector<std::string> events;
  if (!is_plain) {
    response.count_events(-static_cast<std::int64_t>(frames.size()));
    octavo::encode(response, event, events);
    response.count_events(static_cast<std::int64_t>(events.size()));
  }
  const bool is_last = std::holds_alternative<ResponseEnded>(event);
  const std::shared_ptr<EventLog> log = response.event_log;
  if (is_last)
    context_.event_logs.end(response.id(), context_.clock() + *response.create().resume_grace);
  for (const std::string& each : is_plain ? frames : events) log->append(each, is_last);
}

}  // namespace octavo
