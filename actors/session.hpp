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
#include "actors/load_subscription.hpp"
#include "actors/messages.hpp"
#include "actors/outbox.hpp"
#include "actors/response_task.hpp"
#include "actors/session_limits.hpp"
#include "protocol/close_code.hpp"
#include "protocol/metrics.hpp"

namespace octavo {

/// What every session shares; the house owns it, and it outlives them.
struct SessionContext {
  const ServedModel& model;
  const SessionLimits& limits;
  Metrics& metrics;
  Address<SchedulerMessage> scheduler;
  asio::any_io_executor desk;  ///< Where prompts are rendered and tokenized: a pool of its own.
  std::atomic<std::uint64_t>& next_request;
  std::string epoch;  ///< Differs with every start of the server; part of response ids.
  std::function<TimePoint()> clock;
  std::function<std::int64_t()> unix_seconds;
  Address<BlockManagerMessage> block_manager;
  const EngineStatus& status;
};

class Session {
 public:
  Session(SessionContext& context, const asio::any_io_executor& executor);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

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
    ResponseCreate create;
    TimePoint arrival;
    bool cancelled = false;
  };
  struct Running {  ///< At the engine.
    std::unique_ptr<ResponseTask> task;
    TimePoint arrival;
    std::optional<TimePoint> last_token;
  };

  void receive(ResponseCreate create);
  void receive(const ResponseCancel& cancel);
  void receive(const FeedSubscribe& subscribe);
  void receive(const FeedUnsubscribe& unsubscribe);
  void start_next();
  void start(Pending pending);
  void handle_engine(SessionEvents events);
  void handle_prepared(PromptPrepared prepared);
  void on(const RequestAccepted& event);
  void on(const TokensGenerated& event);
  void on(const RequestPreempted& event);
  void on(const RequestResumed& event);
  void on(const RequestFinished& event);
  void on(const RequestRejected& event);
  void cut_off_if_deaf();
  void refuse(const ResponseCreate& create, const Error& error);
  void send(std::vector<std::string> frames);
  void send_error(const Error& error, const std::string& stream_id);
  std::string response_id(RequestId request) const;
  bool cancel_pending(const ResponseCancel& cancel);
  bool cancel_running(const ResponseCancel& cancel);

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
  bool draining_ = false;
  bool left_ = false;
};

}  // namespace octavo
