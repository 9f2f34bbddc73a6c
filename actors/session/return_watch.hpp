// A connection breaks while responses run that their client can come back to: they run on for their
// grace, as long as nobody listens, and what they say is kept. Thread: the io thread's only.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <string>
#include <vector>

#include "actors/session/session_context.hpp"
#include "src/response/response_table.hpp"

namespace octavo {

class ReturnWatch {
 public:
  /// responses: those of one client; ReturnDue comes to reply_to. All outlive it.
  ReturnWatch(SessionContext& context, const asio::any_io_executor& executor,
              ResponseTable& responses, Address<SessionMessage> reply_to)
      : context_(context),
        responses_(responses),
        reply_to_(std::move(reply_to)),
        timer_(executor) {}

  /// Its client knows of it and may come back, and the server goes on.
  static bool may_run_on(const Response& response, CancelReason reason);
  /// The client has gone, and all that is left in the table may run on.
  void begin();
  /// It is ReturnDue: what nobody has come back to in time is cancelled.
  void look();
  /// Keeps an event. frames: what the encoder made of it; is_plain: they are the events themselves.
  void keep(Response& response, const ResponseEvent& event, const std::vector<std::string>& frames,
            bool is_plain);

 private:
  SessionContext& context_;
  ResponseTable& responses_;
  Address<SessionMessage> reply_to_;
  asio::steady_timer timer_;
};

}  // namespace octavo
