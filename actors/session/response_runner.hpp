// The responses of one client on their way to the engine and back, whichever endpoint they came by:
// keeps the lanes and the one table of the client's responses, sends requests to the scheduler, and
// puts what its encoder makes of the answers into the client's outbox. It owns no socket and no
// mailbox: whoever drives it does. Thread: the io thread's only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actors/session/lanes.hpp"
#include "actors/session/outbox.hpp"
#include "actors/session/resumable_responses.hpp"
#include "actors/session/session_context.hpp"
#include "actors/session/steering.hpp"
#include "protocol/client_event.hpp"
#include "protocol/response_encoder.hpp"
#include "src/access/key_ring.hpp"
#include "src/response/response_memory.hpp"
#include "src/response/response_table.hpp"

namespace octavo {

class ResponseRunner {
 public:
  /// reply_to: what comes there goes to handle(). Context, encoder and outbox outlive the runner.
  ResponseRunner(SessionContext& context, const asio::any_io_executor& executor,
                 ResponseEncoder& encoder, Outbox& outbox, Address<SessionMessage> reply_to,
                 LaneLimits lanes);

  /// Sets the API key, and its account, that the client came with. To be called before its first
  /// request.
  void set_caller(const Caller& caller) {
    tenant_ = tenant_of(context_.hash_key, caller.api_key);
    account_ = caller.account;
  }
  /// Sets the trace to which every response belongs.
  void set_trace_id(std::string trace_id) { trace_id_ = std::move(trace_id); }
  /// The client gets Octavo's own events unasked.
  void speak_octavo() { speaks_octavo_ = true; }

  ~ResponseRunner() { context_.detached_runners.erase(this); }
  ResponseRunner(const ResponseRunner&) = delete;
  ResponseRunner& operator=(const ResponseRunner&) = delete;

  /// Counts the request and puts it on its lane, or refuses it.
  void create(ResponseCreate create);
  void steer(ResponseSteer steer);
  /// False when there is no such response.
  bool cancel(const ResponseCancel& cancel);
  void handle(const SessionEvents& events);
  void handle(PromptPrepared prepared);
  void handle(const GraceDue&) { resumable_.give_up_expired(); }
  void handle(const ResponseStored& stored);
  void handle(ParentFound found);
  /// Starts what may start now. After every message.
  void start_next();
  /// The outbox has room again: sends what was held back meanwhile.
  void decongest();

  /// The client has gone: what it cannot come back to is cancelled, and nothing more is said.
  void leave(CancelReason reason);
  /// The server ends it: each response that its client knows of ends as failed with this error,
  /// what waits is refused with it, and nothing is left; but what the client can come back to runs
  /// on where the server does.
  void end(const Error& error, CancelReason reason);
  /// No new responses; the running ones go on.
  void drain() { draining_ = true; }
  bool is_draining() const { return draining_; }
  bool is_quiet() const { return responses_.is_empty(); }
  bool runs(std::string_view response_id) { return responses_.find(response_id) != nullptr; }
  /// Responses that have not ended; those that are queued count, too.
  std::size_t num_responses() const { return responses_.size(); }

  /// Says why something that the client sent is refused.
  void send_error(const Error& error, const std::string& stream_id);

  std::uint64_t tenant() const { return tenant_; }
  const KeyAccount& account() const { return *account_; }
  /// Tells this client from all others.
  std::uint64_t watcher() const { return watcher_; }

 private:
  /// Puts it on its lane. Errors: why it is refused.
  Result<void> add(ResponseCreate create);
  bool cancel_running(const ResponseCancel& cancel);
  bool cancel_pending(const ResponseCancel& cancel);

  // A response on its way to the engine.
  void start(Response& response);
  std::shared_ptr<const RememberedResponse> find_parent(const std::string& id);
  void fetch_parent(const Response& response, const std::string& parent_id);
  void refuse_orphan(Response& response);
  void prepare(Response& response, std::shared_ptr<const RememberedResponse> parent);
  void refuse(Response response, const Error& error);
  /// Tells the client and the counters, and leaves the lane as it is.
  void turn_away(const Response& response, const Error& error);
  void cut_short(Response& response, const Error& error);

  // These handle the engine's events about a running response.
  void on(Response& response, const RequestAccepted& event);
  void on(Response& response, const RequestProgressed& event);
  void on(Response& response, const PromptLogprobsComputed& event) { response.add(event); }
  void on(Response& response, const TokensGenerated& event);
  void on(Response& response, const RequestPreempted& event);
  void on(Response& response, const RequestResumed& event);
  void on(Response& response, const RequestFinished& event);
  void on(Response& response, const RequestRejected& event);
  /// Its client is told of the end once it is on the disk.
  void archive(Response& response);
  /// Tells of the end and remembers.
  void conclude(Response& response);

  /// A standard event is for everybody, one of Octavo's own for whoever asked for it.
  bool is_for_client(const Response& response, const ResponseEvent& event) const;
  void count_finished(Response& ended);
  void tell(Response& response, const std::vector<ResponseEvent>& events);
  /// The desk serves its owners in turn. The owner is the API key, or this client where there are
  /// no keys.
  std::uint64_t desk_owner() const { return tenant_ != 0 ? tenant_ : watcher_; }

  SessionContext& context_;
  ResponseEncoder& encoder_;
  Outbox& outbox_;
  Address<SessionMessage> reply_to_;
  Address<SchedulerMessage>
      scheduler_;           ///< A copy: the last thing a dying session says goes through it.
  Lanes<RequestId> lanes_;  ///< Which response is next on each lane.
  ResponseTable responses_;
  ResponseMemory memory_;
  Steering steering_;
  std::uint64_t tenant_ = 0;
  std::string trace_id_;
  std::shared_ptr<KeyAccount> account_;
  std::uint64_t watcher_;
  bool speaks_octavo_ = false;
  bool draining_ = false;
  bool has_left_ = false;
  ResumableResponses resumable_;
};

}  // namespace octavo
