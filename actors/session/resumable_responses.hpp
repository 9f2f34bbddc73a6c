// A connection breaks, and its client wants the answer all the same. These are the responses of one
// client that were created with a grace: their events are recorded while they run, and when the
// connection is gone they run on until nobody has listened for as long as the grace. Thread: the io
// thread's only.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <string>
#include <vector>

#include "actors/session/session_context.hpp"
#include "src/response/response_table.hpp"

namespace octavo {

class ResumableResponses {
 public:
  /// responses: all of the client's. reply_to: receives GraceDue when it is time for
  /// give_up_expired(). Context and table outlive this object.
  ResumableResponses(SessionContext& context, const asio::any_io_executor& executor,
                     ResponseTable& responses, Address<SessionMessage> reply_to)
      : context_(context),
        responses_(responses),
        reply_to_(std::move(reply_to)),
        timer_(executor) {}

  /// Whether the response runs on when its connection ends for this reason. It does not where its
  /// client has not heard of it yet, and where the server itself stops.
  static bool survives(const Response& response, CancelReason reason);
  /// The connection has gone; only responses that survive it are left in the table.
  void detach();
  /// Cancels the responses to which nobody has listened within their grace.
  void give_up_expired();
  /// Records an event for a client that resumes. frames: what the encoder made of the event.
  /// is_plain: these frames are the events of the Responses API themselves.
  void record(Response& response, const ResponseEvent& event,
              const std::vector<std::string>& frames, bool is_plain);

 private:
  SessionContext& context_;
  ResponseTable& responses_;
  Address<SessionMessage> reply_to_;
  asio::steady_timer timer_;
};

}  // namespace octavo
