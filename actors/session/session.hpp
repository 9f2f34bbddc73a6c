// A client sends frames, and the engine sends events; a session stands between them for one
// connection. It parses the frames, keeps the lanes and the one table of the connection's
// responses, sends requests to the scheduler, and puts the answers into a bounded outbox. It owns
// no socket: the connection that drives it does, so that tests can drive it with strings. Thread:
// the io thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "actors/session/block_subscription.hpp"
#include "actors/session/lanes.hpp"
#include "actors/session/load_subscription.hpp"
#include "actors/session/outbox.hpp"
#include "actors/session/session_context.hpp"
#include "actors/session/steering.hpp"
#include "protocol/client_event.hpp"
#include "src/response/response_memory.hpp"
#include "src/response/response_table.hpp"

namespace octavo {

class Session {
 public:
  Session(SessionContext& context, const asio::any_io_executor& executor);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// The API key that the client came with; before its first frame.
  void set_api_key(std::string_view api_key) { tenant_ = tenant_of(context_.hash_key, api_key); }
  /// A text frame from the client.
  void receive_frame(std::string_view frame);
  /// Messages from the engine and from the desk arrive here. The connection awaits them and passes
  /// each one to handle().
  Mailbox<SessionMessage>& mailbox() { return mailbox_; }
  void handle(SessionMessage message);
  /// The client offered the subprotocol `octavo.v1`: it gets Octavo's own events unasked.
  void speak_octavo() { speaks_octavo_ = true; }
  /// The client has gone: everything it asked for is cancelled, and nothing more is said.
  void leave(CancelReason reason);
  /// The server ends it: each response that its client knows of ends as `response.failed` with this
  /// error, what waits is refused with it, and the session leaves. Whoever calls closes the outbox
  /// afterwards.
  void end(const Error& error, CancelReason reason);
  /// No new responses, and octavo:goaway says why to whom it is for; the running ones go on.
  void drain(std::string_view reason, std::chrono::milliseconds time_left);
  /// The outbox has room again: sends what was held back meanwhile.
  void decongest();
  bool is_draining() const { return draining_; }
  bool is_quiet() const { return responses_.is_empty(); }
  /// Responses that have not ended; those that are queued count, too.
  std::size_t num_responses() const { return responses_.size(); }

  Outbox& outbox() { return outbox_; }

 private:
  void receive(ResponseCreate create);
  /// Puts it on its lane. Errors: why it is refused.
  Result<void> add(ResponseCreate create);
  void receive(const ResponseCancel& cancel);
  void receive(ResponseSteer steer);
  void receive(const FeedSubscribe& subscribe);
  void receive(const FeedUnsubscribe& unsubscribe);
  bool cancel_running(const ResponseCancel& cancel);
  bool cancel_pending(const ResponseCancel& cancel);

  // A response on its way to the engine.
  void start_next();
  void start(Response& response);
  void prepare(Response& response, std::shared_ptr<const RememberedResponse> parent);
  void handle_prepared(PromptPrepared prepared);
  Request request_of(const Response& response);
  void refuse(Response response, const Error& error);
  /// Tells the client and the counters, and leaves the lane as it is.
  void turn_away(const Response& response, const Error& error);
  void cut_short(Response& response, const Error& error);

  // These handle the engine's events about a running response.
  void handle_engine(const SessionEvents& events);
  void on(Response& response, const RequestAccepted& event);
  void on(Response& response, const TokensGenerated& event);
  void on(Response& response, const RequestPreempted& event);
  void on(Response& response, const RequestResumed& event);
  void on(Response& response, const RequestFinished& event);
  void on(Response& response, const RequestRejected& event);

  /// A standard event is for everybody, one of Octavo's own for whoever asked for it.
  bool is_for_client(const Response& response, const ResponseEvent& event) const;
  void count_finished(const Response& ended);
  void tell(Response& response, const std::vector<ResponseEvent>& events);
  void send_error(const Error& error, const std::string& stream_id);
  void cut_off_if_deaf();
  /// The desk serves its owners in turn. The owner is the API key, or this connection where there
  /// are no keys.
  std::uint64_t desk_owner() const { return tenant_ != 0 ? tenant_ : watcher_; }
  /// What the feed of the blocks calls it.
  std::string watched_name(RequestId request) const;

  SessionContext& context_;
  Address<SchedulerMessage>
      scheduler_;  ///< A copy: the last thing a dying session says goes through it.
  Mailbox<SessionMessage> mailbox_;
  Outbox outbox_;
  Lanes<RequestId> lanes_;  ///< Which response is next on each lane.
  ResponseTable responses_;
  ResponseMemory memory_;
  Steering steering_;
  BlockSubscription blocks_;
  LoadSubscription load_;
  std::uint64_t tenant_ = 0;
  std::uint64_t watcher_;
  bool speaks_octavo_ = false;
  bool draining_ = false;
  bool left_ = false;
};

}  // namespace octavo
