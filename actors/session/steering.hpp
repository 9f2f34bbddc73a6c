// How a session takes more input for a response that runs. The response ends at the next token, and
// a successor goes on from its very tokens, on the same lane and before anything else that waits
// there. Input is never lost: it is in a successor that the client knows, or given back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actors/session/lanes.hpp"
#include "actors/session/outbox.hpp"
#include "actors/session/session_context.hpp"
#include "protocol/steer_events.hpp"
#include "src/response/response_memory.hpp"
#include "src/response/response_table.hpp"

namespace octavo {

/// Thread: the io thread's only. All that it is given outlives it.
class Steering {
 public:
  Steering(SessionContext& context, ResponseTable& responses, ResponseMemory& memory,
           Lanes<RequestId>& lanes, Outbox& outbox)
      : context_(context), responses_(responses), memory_(memory), lanes_(lanes), outbox_(outbox) {}

  /// Answers the client. May queue a successor on its lane.
  void receive(ResponseSteer said, bool is_draining);
  /// The successor of a steered response that has ended: to be started at once, because the lane
  /// stays taken and what is queued there comes later.
  Response& follow(Response& steered);
  /// Gives accepted input back.
  void fail_all(const std::vector<Steer>& steers, const Error& error);

 private:
  // Each answers whether the steer was for a response in that state, refused or not.
  bool steer_running(const std::string& newest, Steer& steer);
  bool steer_pending(const std::string& newest, Steer& steer);
  bool steer_ended(const std::string& newest, Steer& steer);
  Response successor_of(const std::string& id, ResponseCreate settings, std::vector<Steer> steers);
  void accept(Steer& steer);
  void fail(Steer steer, SteerFault fault, std::string_view message);
  std::string next_steer_id();
  /// One that runs and that its client knows of; null for any other.
  Response* find_begun(const std::string& response_id);
  std::string lane_of(const std::string& response_id);
  /// Sends an event about the response.
  void tell(const std::string& response_id, std::string frame);
  /// The number for an event about the response, whether it runs or has ended.
  std::int64_t take_event_number(const std::string& response_id);

  SessionContext& context_;
  ResponseTable& responses_;
  ResponseMemory& memory_;
  Lanes<RequestId>& lanes_;
  Outbox& outbox_;
};

}  // namespace octavo
