// A client sends frames, and the engine sends events; a session stands between them for one
// WebSocket. It parses the frames, gives what is about responses to its runner, keeps the client's
// subscriptions, and answers into a bounded outbox. It owns no socket: the connection that drives
// it does, so that tests can drive it with strings. Thread: the io thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>
#include <string_view>

#include "actors/session/block_subscription.hpp"
#include "actors/session/load_subscription.hpp"
#include "actors/session/outbox.hpp"
#include "actors/session/response_runner.hpp"
#include "actors/session/resumed_responses.hpp"
#include "actors/session/session_context.hpp"
#include "protocol/client_event.hpp"
#include "protocol/response_frames.hpp"
#include "src/access/minute_window.hpp"

namespace octavo {

class Session {
 public:
  Session(SessionContext& context, const asio::any_io_executor& executor);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Sets the API key, and its account, that the client came with. To be called before its first
  /// frame.
  void set_caller(const Caller& caller) { runner_.set_caller(caller); }
  void set_trace_id(std::string trace_id) { runner_.set_trace_id(std::move(trace_id)); }
  /// A text frame from the client.
  void receive_frame(std::string_view frame);
  /// Messages from the engine and from the desk arrive here. The connection awaits them and passes
  /// each one to handle().
  Mailbox<SessionMessage>& mailbox() { return mailbox_; }
  void handle(SessionMessage message);
  /// The client offered the subprotocol `octavo.v1`: it gets Octavo's own events unasked.
  void speak_octavo() {
    speaks_octavo_ = true;
    runner_.speak_octavo();
  }
  /// The client has gone: nothing more is said, and what it asked for is cancelled. What it can
  /// come back to runs on; the mailbox closes when that has ended.
  void leave(CancelReason reason);
  /// The server ends it: each response that its client knows of ends as `response.failed` with this
  /// error, what waits is refused with it, and the session leaves. Whoever calls closes the outbox
  /// afterwards.
  void end(const Error& error, CancelReason reason);
  /// No new responses, and octavo:goaway says why to whom it is for; the running ones go on.
  void drain(std::string_view reason, std::chrono::milliseconds time_left);
  /// The outbox has room again: sends what was held back meanwhile.
  void decongest();
  bool is_draining() const { return runner_.is_draining(); }
  bool is_quiet() const { return runner_.is_quiet() && resumed_.is_quiet(); }
  /// Responses that have not ended; those that are queued count, too.
  std::size_t num_responses() const { return runner_.num_responses(); }

  Outbox& outbox() { return outbox_; }

 private:
  void receive(ResponseCreate create);
  void receive(const ResponseCancel& cancel);
  void receive(ResponseSteer steer);
  void receive(const ResponseResume& resume);
  /// Hears of what runs on although its client has gone.
  void handle_unheard(SessionMessage message);
  void receive(const FeedSubscribe& subscribe);
  void receive(const FeedUnsubscribe& unsubscribe);
  void cut_off_if_deaf();
  /// Ends the connection of a client that sends too many messages within a minute which cannot be
  /// read as JSON.
  void cut_off_if_babbling();
  /// What the feed of the blocks calls it.
  std::string watched_name(RequestId request) const;

  SessionContext& context_;
  Mailbox<SessionMessage> mailbox_;
  Outbox outbox_;
  ResponseFrames frames_;
  ResponseRunner runner_;
  BlockSubscription blocks_;
  LoadSubscription load_;
  ResumedResponses resumed_;
  std::optional<MinuteWindow> invalid_messages_;  ///< From the first one on.
  bool speaks_octavo_ = false;
  bool left_ = false;
};

}  // namespace octavo
