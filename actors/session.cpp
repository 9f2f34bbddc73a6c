#include "actors/session.hpp"

#include <spdlog/spdlog.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "protocol/error_frame.hpp"

namespace octavo {

Session::Session(SessionContext& context, const asio::any_io_executor& executor)
    : context_(context),
      scheduler_(context.scheduler),
      mailbox_(executor),
      outbox_(executor, context.limits.soft_outbox_bytes, context.limits.hard_outbox_bytes),
      lanes_(context.limits.lanes),
      blocks_(context.block_manager, mailbox_.address(), outbox_,
              [this](RequestId request) { return watched_name(request); }),
      load_({context.status, context.metrics, context.clock}, executor, mailbox_.address(),
            outbox_),
      watcher_(context.owners.next_watcher()) {}

Session::~Session() { leave(CancelReason::kClientGone); }

void Session::receive_frame(std::string_view frame) {
  auto event = parse_client_event(frame);
  if (!event) {
    send_error(event.error().error, event.error().stream_id);
  } else {
    std::visit([this](auto& each) { receive(std::move(each)); }, *event);
  }
  cut_off_if_deaf();
}

void Session::receive(ResponseCreate create) {
  for (const std::string& field : create.unknown_fields)
    spdlog::warn("session: ignored unknown field={}", field);
  if (draining_) return send_error(Error{Errc::kServerDraining, "", ""}, create.stream_id);
  if (!create.model.empty() && create.model != context_.model.name) {
    const Error error{
        Errc::kModelNotFound,
        "the model `" + create.model + "` is not served here: use `" + context_.model.name + "`",
        "model"};
    return send_error(error, create.stream_id);
  }
  auto sampling = complete_sampling(context_.model, create);
  if (!sampling) return send_error(sampling.error(), create.stream_id);
  create.sampling = std::move(*sampling);
  const std::string lane = create.stream_id;
  const RequestId request{context_.next_request.fetch_add(1)};
  auto queued = lanes_.enqueue(lane, Pending{request, std::move(create), context_.clock()});
  if (!queued) return send_error(queued.error(), lane);
  start_next();
}

void Session::start_next() {
  while (auto pending = lanes_.start_next()) start(std::move(*pending));
}

void Session::start(Pending pending) {
  const std::string& parent_id = pending.create.previous_response_id;
  std::shared_ptr<const RememberedResponse> parent;
  if (!parent_id.empty()) {
    parent = memory_.find(parent_id);
    if (parent == nullptr) {
      const Error error{Errc::kPreviousResponseNotFound,
                        "Previous response with id '" + parent_id + "' not found.",
                        "previous_response_id"};
      return refuse(pending, error);
    }
  }
  send_to_desk(std::move(pending), std::move(parent));
}

void Session::send_to_desk(Pending pending, std::shared_ptr<const RememberedResponse> parent) {
  const RequestId request = pending.request;
  const Address<SessionMessage> reply_to = mailbox_.address();
  // The desk works on copies: this session may be gone before it answers.
  context_.desk.post(desk_owner(), [&model = context_.model, request, create = pending.create,
                                    parent = std::move(parent), reply_to] {
    if (reply_to.is_closed()) return;  // Nobody waits for it any more.
    auto prompt = std::make_unique<Result<Prompt>>(prepare_prompt(model, create, parent.get()));
    reply_to.send(PromptPrepared{request, std::move(prompt)});
  });
  preparing_.emplace(request, std::move(pending));
}

void Session::receive(const ResponseCancel& cancel) {
  const bool runs = cancel_running(cancel);
  const bool waits = cancel_pending(cancel);
  if (runs || waits) return;
  const Error error{Errc::kResponseNotFound, "there is no such response running on this connection",
                    cancel.response_id.empty() ? "stream_id" : "response_id"};
  send_error(error, cancel.stream_id);
}

void Session::receive(const FeedSubscribe& subscribe) {
  if (left_) return;
  if (subscribe.topic == FeedTopic::kBlocks)
    blocks_.begin(subscribe.interval);
  else
    load_.begin(subscribe.interval);
}

void Session::receive(const FeedUnsubscribe& unsubscribe) {
  if (unsubscribe.topic == FeedTopic::kBlocks)
    blocks_.end();
  else
    load_.end();
}

bool Session::cancel_running(const ResponseCancel& cancel) {
  for (auto& [request, running] : tasks_) {
    const bool named = cancel.response_id.empty()
                           ? running.task->create().stream_id == cancel.stream_id
                           : running.task->response_id() == cancel.response_id;
    if (!named) continue;
    running.cancelled = !running.steers.empty();
    scheduler_.send(CancelRequest{request, CancelReason::kClientCancelled});
    return true;
  }
  return false;
}

bool Session::cancel_pending(const ResponseCancel& cancel) {
  if (!cancel.response_id.empty()) return false;  // What waits has no id that a client could know.
  bool found = false;
  for (auto& [request, pending] : preparing_) {
    if (pending.create.stream_id == cancel.stream_id) found = pending.cancelled = true;
  }
  const auto mark = [](Pending& pending) { pending.cancelled = true; };
  return lanes_.for_each_queued(cancel.stream_id, mark) > 0 || found;
}

void Session::handle(SessionMessage message) {
  if (left_) return;
  if (auto* events = std::get_if<SessionEvents>(&message)) {
    handle_engine(std::move(*events));
  } else if (auto* prepared = std::get_if<PromptPrepared>(&message)) {
    handle_prepared(std::move(*prepared));
  } else if (auto* changed = std::get_if<BlockMapChanged>(&message)) {
    blocks_.take(std::move(*changed));
  } else {
    load_.look(std::get<LoadDue>(message));
  }
  start_next();
  cut_off_if_deaf();
}

void Session::cut_off_if_deaf() {
  if (left_ || !outbox_.is_over_limit()) return;
  spdlog::info("session: cut off a client that does not read");
  leave(CancelReason::kSlowConsumer);
  outbox_.close(CloseCode::kTryAgainLater);
}

void Session::handle_prepared(PromptPrepared prepared) {
  const auto found = preparing_.find(prepared.request);
  if (found == preparing_.end()) return;
  Pending pending = std::move(found->second);
  preparing_.erase(found);
  if (std::exchange(pending.grew_at_desk, false)) return start(std::move(pending));
  if (!*prepared.prompt) return refuse(pending, prepared.prompt->error());
  Prompt prompt = std::move(**prepared.prompt);
  auto task = std::make_unique<ResponseTask>(prepared.request, response_id(prepared.request),
                                             context_.model, std::move(pending.create),
                                             std::move(prompt), context_.unix_seconds());
  Request request;
  request.id = prepared.request;
  request.prompt = task->prompt_tokens();
  request.sampling = task->create().sampling;
  request.priority = task->create().priority;
  request.tenant = tenant_;
  context_.owners.record(request.id, tenant_);
  request.cache_namespace =
      cache_namespace_of(context_.hash_key, tenant_, task->create().cache_salt);
  if (task->create().deadline) request.deadline = pending.arrival + *task->create().deadline;
  Running running{std::move(task), pending.arrival};
  running.uncommitted = std::move(pending.steers);
  tasks_.emplace(request.id, std::move(running));
  const RequestId id = request.id;
  if (scheduler_.send(SubmitRequest{std::move(request), mailbox_.address()}) ==
      SendResult::kClosed) {
    return on(RequestRejected{id, Error{Errc::kServerDraining, "", ""}});
  }
  // Cancelled at the desk: the engine ends it like any other, so that the client sees the whole
  // order of events.
  if (pending.cancelled) scheduler_.send(CancelRequest{id, CancelReason::kClientCancelled});
}

void Session::handle_engine(SessionEvents events) {
  for (const RequestEvent& event : events) {
    std::visit(
        [this](const auto& each) {
          if (tasks_.count(each.request) != 0) on(each);
        },
        event);
  }
}

void Session::on(const RequestAccepted& event) {
  std::vector<std::string> frames;
  Running& running = tasks_.at(event.request);
  running.task->begin(frames);
  running.uncommitted.clear();
  send(std::move(frames));
}

void Session::on(const TokensGenerated& event) {
  Running& running = tasks_.at(event.request);
  const TimePoint now = context_.clock();
  if (!event.tokens.empty() && event.choice == 0) {
    if (running.last_token) context_.metrics.observe_inter_token(now - *running.last_token);
    running.last_token = now;
  }
  std::vector<std::string> frames;
  for (std::int32_t choice : running.task->append(event, outbox_.is_congested(), frames)) {
    scheduler_.send(CancelRequest{event.request, CancelReason::kStopMatched, choice});
  }
  send(std::move(frames));
}

void Session::on(const RequestPreempted& event) {
  std::vector<std::string> frames;
  tasks_.at(event.request).task->preempted(event.mode, frames);
  send(std::move(frames));
}

void Session::on(const RequestResumed& event) {
  std::vector<std::string> frames;
  tasks_.at(event.request).task->resumed(event.mode, frames);
  send(std::move(frames));
}

void Session::on(const RequestFinished& event) {
  const auto found = tasks_.find(event.request);
  Running& running = found->second;
  context_.metrics.observe(event, context_.clock() - running.arrival);
  std::vector<std::string> frames;
  running.task->end(event, context_.unix_seconds(), frames);
  send(std::move(frames));
  const bool failed =
      event.reason == FinishReason::kError || event.reason == FinishReason::kDeadline;
  if (!failed) memory_.remember(running.task->remember());
  if (!failed && !running.steers.empty()) {
    Running steered = std::move(running);
    tasks_.erase(found);
    return follow(std::move(steered));
  }
  const ResponseCreate& create = running.task->create();
  if (failed) memory_.disown(create.previous_response_id, running.task->response_id());
  fail_all(running.steers, Error{Errc::kEngineError, "the steered response failed", ""});
  lanes_.finish(create.stream_id);
  tasks_.erase(found);
}

void Session::on(const RequestRejected& event) {
  const auto found = tasks_.find(event.request);
  Running running = std::move(found->second);
  tasks_.erase(found);
  context_.metrics.count_rejected();
  Pending pending{event.request, running.task->create(), running.arrival};
  pending.steers = std::move(running.uncommitted);
  pending.steers.insert(pending.steers.end(), running.steers.begin(), running.steers.end());
  refuse(pending, event.error);
}

void Session::refuse(const Pending& pending, const Error& error) {
  const ResponseCreate& create = pending.create;
  if (!pending.steers.empty()) {
    // The client gets its input back, and the response that it steered stays to be continued.
    memory_.disown(create.previous_response_id, response_id(pending.request));
    fail_all(pending.steers, error);
    return lanes_.finish(create.stream_id);
  }
  // A continuation that fails takes its parent out of this lane's memory; a failed fork from
  // another lane does not.
  const auto parent = memory_.find(create.previous_response_id);
  if (parent != nullptr && parent->stream_id == create.stream_id) memory_.forget(parent->id);
  send_error(error, create.stream_id);
  lanes_.finish(create.stream_id);
}

void Session::send(std::vector<std::string> frames) {
  for (std::string& frame : frames) outbox_.push(std::move(frame));
}

void Session::send_error(const Error& error, const std::string& stream_id) {
  outbox_.push(error_frame(error, stream_id));
}

void Session::decongest() {
  if (outbox_.is_congested()) return;
  std::vector<std::string> frames;
  for (auto& [request, running] : tasks_) running.task->release(frames);
  send(std::move(frames));
  if (!left_) blocks_.write();
}

void Session::leave(CancelReason reason) {
  if (left_) return;
  left_ = true;
  for (const auto& [request, running] : tasks_) scheduler_.send(CancelRequest{request, reason});
  tasks_.clear();
  preparing_.clear();
  blocks_.end();
  load_.end();
  mailbox_.close();
}

void Session::drain(std::string_view reason, std::chrono::milliseconds time_left) {
  if (draining_) return;
  draining_ = true;
  const boost::json::object goaway{
      {"type", "octavo:goaway"}, {"reason", reason}, {"time_left_ms", time_left.count()}};
  outbox_.push(boost::json::serialize(goaway));
}

std::string Session::response_id(RequestId request) const {
  char digits[17];
  std::snprintf(digits, sizeof(digits), "%016llx", static_cast<unsigned long long>(request.value));
  return "resp_" + context_.epoch + digits;
}

std::string Session::watched_name(RequestId request) const {
  const bool is_own = tenant_ == 0 || context_.owners.is_of(request, tenant_);
  return is_own ? response_id(request) : anonymous_name(context_.hash_key, watcher_, request);
}

}  // namespace octavo
