// What happens on one WebSocket connection between frames and the engine: parses what the client
// says, keeps its lanes and its responses, talks to the scheduler, and puts the answers into a
// bounded outbox. Owns no socket: the connection that drives it does, so that tests can drive it
// with strings. Thread: the io thread's only.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "actors/block_subscription.hpp"
#include "actors/desk.hpp"
#include "actors/load_subscription.hpp"
#include "actors/messages.hpp"
#include "actors/outbox.hpp"
#include "actors/request_owners.hpp"
#include "actors/response_task.hpp"
#include "actors/session_limits.hpp"
#include "protocol/close_code.hpp"
#include "protocol/metrics.hpp"
#include "protocol/steer_events.hpp"
#include "src/core/keyed_hash.hpp"

namespace octavo {

/// What every session shares; the house owns it, and it outlives them.
struct SessionContext {
  const ServedModel& model;
  const SessionLimits& limits;
  Metrics& metrics;
  Address<SchedulerMessage> scheduler;
  Desk& desk;  ///< Where prompts are rendered and tokenized.
  std::atomic<std::uint64_t>& next_request;
  std::string epoch;  ///< Differs with every start of the server; part of response ids.
  std::function<TimePoint()> clock;
  std::function<std::int64_t()> unix_seconds;
  Address<BlockManagerMessage> block_manager;
  const EngineStatus& status;
  HashKey hash_key{};  ///< Of the server: names tenants, cache namespaces and others' requests.
  RequestOwners owners{};
};

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
  /// What the engine and the desk say; to be awaited by the connection and handed to handle().
  Mailbox<SessionMessage>& mailbox() { return mailbox_; }
  void handle(SessionMessage message);
  /// The client has gone or is being cut off: everything it asked for is cancelled.
  void leave(CancelReason reason);
  /// No new responses, and octavo:goaway tells why; the running ones go on.
  void drain(std::string_view reason, std::chrono::milliseconds time_left);
  /// The outbox has room again: sends what was held back meanwhile.
  void decongest();
  bool is_draining() const { return draining_; }
  bool is_quiet() const { return tasks_.empty() && preparing_.empty() && lanes_.num_queued() == 0; }

  Outbox& outbox() { return outbox_; }

 private:
  struct Pending {  ///< Queued on its lane, then at the desk.
    RequestId request;
    ResponseCreate create;
    TimePoint arrival;
    bool cancelled = false;
    std::vector<Steer> steers{};  ///< Whose input it holds, when steering made it.
    bool grew_at_desk = false;    ///< More input came while its prompt was made.
  };
  struct Running {  ///< At the engine.
    std::unique_ptr<ResponseTask> task;
    TimePoint arrival;
    std::optional<TimePoint> last_token{};
    std::vector<Steer> uncommitted{};  ///< Its own input, until it is created.
    std::vector<Steer> steers{};       ///< The successor's input.
    bool cancelled = false;            ///< By the client, after it was steered.
  };

  void receive(ResponseCreate create);
  void receive(const ResponseCancel& cancel);
  void receive(const FeedSubscribe& subscribe);
  void receive(const FeedUnsubscribe& unsubscribe);
  void start_next();
  void start(Pending pending);
  void send_to_desk(Pending pending, std::shared_ptr<const RememberedResponse> parent);
  void handle_engine(SessionEvents events);
  void handle_prepared(PromptPrepared prepared);
  void on(const RequestAccepted& event);
  void on(const TokensGenerated& event);
  void on(const RequestPreempted& event);
  void on(const RequestResumed& event);
  void on(const RequestFinished& event);
  void on(const RequestRejected& event);
  void cut_off_if_deaf();
  void refuse(const Pending& pending, const Error& error);
  void send(std::vector<std::string> frames);
  void send_error(const Error& error, const std::string& stream_id);
  std::string response_id(RequestId request) const;
  /// Whose turn it is at the desk: the key's, or this connection's where there are no keys.
  std::uint64_t desk_owner() const { return tenant_ != 0 ? tenant_ : watcher_; }
  /// What the feed of the blocks calls it.
  std::string watched_name(RequestId request) const;
  bool cancel_pending(const ResponseCancel& cancel);
  bool cancel_running(const ResponseCancel& cancel);

  // Steering (session_steering.cpp).
  void receive(ResponseSteer event);
  bool steer_running(const std::string& newest, Steer& steer);
  bool steer_pending(const std::string& newest, Steer& steer);
  bool steer_ended(const std::string& newest, Steer& steer);
  Pending successor_of(const std::string& id, const ResponseCreate& settings,
                       std::vector<Steer> steers);
  void follow(Running steered);
  void accept(Steer& steer);
  void fail(Steer steer, SteerFault fault, std::string_view message);
  void fail_all(const std::vector<Steer>& steers, const Error& error);
  std::string next_steer_id();
  ResponseTask* find_begun(const std::string& response_id);
  std::string lane_of(const std::string& response_id);
  std::int64_t take_event_number(const std::string& response_id);

  SessionContext& context_;
  Address<SchedulerMessage>
      scheduler_;  ///< A copy: the last thing a dying session says goes through it.
  Mailbox<SessionMessage> mailbox_;
  Outbox outbox_;
  Lanes<Pending> lanes_;
  ResponseMemory memory_;
  std::map<RequestId, Pending> preparing_;
  std::map<RequestId, Running> tasks_;
  BlockSubscription blocks_;
  LoadSubscription load_;
  std::uint64_t tenant_ = 0;
  std::uint64_t watcher_;
  bool draining_ = false;
  bool left_ = false;
};

}  // namespace octavo
