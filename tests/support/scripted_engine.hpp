// Sessions whose engine is the test: it sees each message that they send and answers with the
// events that it likes, at the moment that it likes. For orders of events that a real engine shows
// only by chance.
#pragma once

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "tests/support/request_events.hpp"
#include "tests/support/sim.hpp"

namespace octavo::testing {

class ScriptedEngine {
 public:
  explicit ScriptedEngine(ServedModel served = sim_model()) : model(std::move(served)) {
    sessions.hash_key = {1, 2};
    session.speak_octavo();
  }
  ~ScriptedEngine() { settle(); }

  /// Lets sessions and desk work, and takes what they sent.
  void settle() {
    for (bool moved = true; moved;) {
      io.restart();
      moved = io.poll() > 0;
      while (auto message = session.mailbox().try_receive()) {
        session.handle(std::move(*message));
        moved = true;
      }
      while (auto message = inbox.try_receive()) take(std::move(*message));
    }
  }

  /// Tells the session of the i-th request.
  template <class... Events>
  void tell(std::size_t i, Events... events) {
    SessionEvents told;
    (told.emplace_back(std::move(events)), ...);
    for (RequestEvent& event : told) std::visit([&](auto& each) { each.request = id(i); }, event);
    requests.at(i).reply_to.send(std::move(told));
    settle();
  }
  RequestId id(std::size_t i) const { return requests.at(i).request.id; }
  const Request& request(std::size_t i) const { return requests.at(i).request; }
  bool was_cancelled(std::size_t i, CancelReason reason) const {
    return std::any_of(cancels.begin(), cancels.end(), [&](const CancelRequest& cancel) {
      return cancel.request == id(i) && cancel.reason == reason;
    });
  }

  void say(const json::object& event) {
    session.receive_frame(json::serialize(event));
    settle();
  }
  /// What the client has been sent since the last call.
  std::vector<json::object> read() {
    std::vector<json::object> events;
    while (auto frame = session.outbox().pop()) events.push_back(json::parse(*frame).as_object());
    return events;
  }

  asio::io_context io{1};
  Mailbox<SchedulerMessage> inbox{io.get_executor()};
  std::vector<SubmitRequest> requests;
  std::vector<CancelRequest> cancels;
  SessionLimits limits;
  Metrics metrics{MetricScope{"octavo", "sim"}};
  std::atomic<std::uint64_t> next_request{1};
  ServedModel model;
  Mailbox<BlockManagerMessage> blocks{io.get_executor()};
  EngineStatus status;
  Desk desk{io.get_executor(), io.get_executor(), 1};
  SessionContext sessions{model,
                          limits,
                          metrics,
                          inbox.address(),
                          desk,
                          next_request,
                          "sim",
                          [] { return TimePoint{}; },
                          [] { return std::int64_t{1}; },
                          blocks.address(),
                          status};
  Session session{sessions, io.get_executor()};

 private:
  void take(SchedulerMessage message) {
    if (auto* submitted = std::get_if<SubmitRequest>(&message))
      requests.push_back(std::move(*submitted));
    else
      cancels.push_back(std::get<CancelRequest>(message));
  }
};

inline json::object steer(const json::value& response_id, const json::value& input) {
  return {{"type", "response.steer"}, {"previous_response_id", response_id}, {"input", input}};
}

inline json::object find(const std::vector<json::object>& events, std::string_view type) {
  for (const auto& event : events) {
    if (event.at("type") == json::value(type)) return event;
  }
  return {};
}

}  // namespace octavo::testing
