#include "actors/session/session.hpp"

#include <spdlog/spdlog.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "actors/session/request_log.hpp"
#include "protocol/error_frame.hpp"
#include "protocol/response_events.hpp"
#include "src/core/utf8.hpp"

namespace octavo {

Session::Session(SessionContext& context, const asio::any_io_executor& executor)
    : context_(context),
      scheduler_(context.scheduler),
      mailbox_(executor),
      outbox_(executor, context.limits.soft_outbox_bytes, context.limits.hard_outbox_bytes),
      lanes_(context.limits.lanes),
      steering_(context, responses_, memory_, lanes_, outbox_),
      blocks_(context.block_manager, mailbox_.address(), outbox_,
              [this](RequestId request) { return watched_name(request); }),
      load_({context.status, context.metrics, context.clock}, executor, mailbox_.address(),
            outbox_),
      watcher_(context.owners.next_watcher()) {}

Session::~Session() { leave(CancelReason::kClientGone); }

void Session::receive_frame(std::string_view frame) {
  if (left_) return;
  auto event = parse_client_event(frame);
  if (!event) {
    const RefusedEvent& refused = event.error();
    if (refused.is_request) {
      context_.metrics.count_received();
      context_.metrics.count_refused(refused.error.code);
    }
    send_error(refused.error, refused.stream_id);
  } else {
    std::visit(
        [this](auto& each) {
          log_unknown(each.unknown_fields);
          receive(std::move(each));
        },
        *event);
  }
  cut_off_if_deaf();
}

void Session::receive(ResponseCreate create) {
  context_.metrics.count_received();
  const std::string lane = create.stream_id;
  if (auto added = add(std::move(create)); !added) {
    context_.metrics.count_refused(added.error().code);
    return send_error(added.error(), lane);
  }
  start_next();
}

Result<void> Session::add(ResponseCreate create) {
  if (draining_) return Error{Errc::kServerDraining, "", ""};
  if (!create.model.empty() && create.model != context_.model.name) {
    return Error{Errc::kModelNotFound,
                 "the model `" + quotable(create.model, 256) + "` is not served here: use `" +
                     context_.model.name + "`",
                 "model"};
  }
  auto sampling = complete_sampling(context_.model, create);
  if (!sampling) return sampling.error();
  create.sampling = std::move(*sampling);
  const RequestId request = context_.take_request();
  if (auto queued = lanes_.enqueue(create.stream_id, request); !queued) return queued.error();
  responses_.add(
      Response(request, context_.response_id(request), std::move(create), context_.clock()));
  return {};
}

void Session::receive(ResponseSteer steer) {
  steering_.receive(std::move(steer), draining_);
  start_next();
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
  bool found = false;
  responses_.for_each([&](Response& response) {
    const bool is_on_lane = !cancel.names_lane || response.create().stream_id == cancel.stream_id;
    const bool is_named =
        is_on_lane && (cancel.response_id.empty() || response.id() == cancel.response_id);
    if (found || !is_named || response.state() != ResponseState::kRunning) return;
    found = true;
    response.is_cancelled = !response.next_steers.empty();
    scheduler_.send(CancelRequest{response.request(), CancelReason::kClientCancelled});
  });
  return found;
}

bool Session::cancel_pending(const ResponseCancel& cancel) {
  // A response gets its id when it is accepted, so one that still waits can only be named by its
  // lane.
  if (!cancel.response_id.empty()) return false;
  bool found = false;
  responses_.for_each([&](Response& response) {
    if (response.state() == ResponseState::kRunning ||
        response.create().stream_id != cancel.stream_id)
      return;
    found = response.is_cancelled = true;
  });
  return found;
}

void Session::start_next() {
  while (const auto request = lanes_.start_next()) start(*responses_.find(*request));
}

void Session::start(Response& response) {
  response.begin_preparing();
  const std::string& parent_id = response.create().previous_response_id;
  std::shared_ptr<const RememberedResponse> parent;
  if (!parent_id.empty()) {
    parent = memory_.find(parent_id);
    if (parent == nullptr) {
      const Error error{Errc::kPreviousResponseNotFound,
                        "Previous response with id '" + parent_id + "' not found.",
                        "previous_response_id"};
      return refuse(responses_.take(response.request()), error);
    }
  }
  prepare(response, std::move(parent));
}

void Session::prepare(Response& response, std::shared_ptr<const RememberedResponse> parent) {
  // The desk shares what it reads: this session may be gone before it answers.
  context_.desk.post(desk_owner(), [&model = context_.model, request = response.request(),
                                    create = response.shared_create(), parent = std::move(parent),
                                    reply_to = mailbox_.address()] {
    if (reply_to.is_closed()) return;  // Nobody waits for it any more.
    auto prompt = std::make_unique<Result<Prompt>>(prepare_prompt(model, *create, parent.get()));
    reply_to.send(PromptPrepared{request, std::move(prompt)});
  });
}

void Session::handle(SessionMessage message) {
  if (left_) return;
  if (auto* events = std::get_if<SessionEvents>(&message)) {
    handle_engine(*events);
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

void Session::handle_prepared(PromptPrepared prepared) {
  Response* response = responses_.find(prepared.request, ResponseState::kPreparing);
  if (response == nullptr) return;
  if (std::exchange(response->grew_at_desk, false)) return start(*response);
  if (!*prepared.prompt) return refuse(responses_.take(prepared.request), prepared.prompt->error());
  response->start(context_.model, std::move(**prepared.prompt), context_.unix_seconds());
  const RequestId request = response->request();
  context_.owners.record(request, tenant_);
  if (scheduler_.send(SubmitRequest{request_of(*response), mailbox_.address()}) ==
      SendResult::kClosed) {
    return on(*response, RequestRejected{request, Error{Errc::kServerDraining, "", ""}});
  }
  // Cancelled at the desk: the engine ends it like any other, so that the client sees the whole
  // order of events.
  if (std::exchange(response->is_cancelled, false))
    scheduler_.send(CancelRequest{request, CancelReason::kClientCancelled});
}

Request Session::request_of(const Response& response) {
  const ResponseCreate& create = response.create();
  Request request;
  request.id = response.request();
  request.prompt = response.prompt_tokens();
  request.sampling = create.sampling;
  request.priority = create.priority;
  request.tenant = tenant_;
  request.cache_namespace = cache_namespace_of(context_.hash_key, tenant_, create.cache_salt);
  if (create.deadline) request.deadline = response.arrival() + *create.deadline;
  return request;
}

void Session::refuse(Response response, const Error& error) {
  turn_away(response, error);
  lanes_.finish(response.create().stream_id);
}

void Session::turn_away(const Response& response, const Error& error) {
  context_.metrics.count_refused(error.code);
  const ResponseCreate& create = response.create();
  if (!response.own_steers.empty() || !response.next_steers.empty()) {
    // The client gets its input back, and the response that it steered stays to be continued.
    memory_.disown(create.previous_response_id, response.id());
    steering_.fail_all(response.own_steers, error);
    return steering_.fail_all(response.next_steers, error);
  }
  // A continuation that fails takes its parent out of this lane's memory; a failed fork from
  // another lane does not.
  const auto parent = memory_.find(create.previous_response_id);
  if (parent != nullptr && parent->stream_id == create.stream_id) memory_.forget(parent->id);
  send_error(error, create.stream_id);
}

void Session::handle_engine(const SessionEvents& events) {
  for (const RequestEvent& event : events) {
    std::visit(
        [this](const auto& each) {
          Response* response = responses_.find(each.request, ResponseState::kRunning);
          if (response != nullptr) on(*response, each);
        },
        event);
  }
}

void Session::on(Response& response, const RequestAccepted&) {
  tell(response, {ResponseBegan{}});
  response.own_steers.clear();
}

void Session::on(Response& response, const TokensGenerated& event) {
  const TimePoint now = context_.clock();
  // An engine that has run ahead of a stop string tells of tokens that nobody is given.
  if (!event.tokens.empty() && event.choice == 0 && !response.choice(0).finished()) {
    if (response.last_token) context_.metrics.observe_inter_token(now - *response.last_token);
    response.last_token = now;
  }
  std::vector<ResponseEvent> events;
  if (response.append(event, outbox_.is_congested(), events))
    scheduler_.send(CancelRequest{event.request, CancelReason::kStopMatched, event.choice});
  tell(response, events);
}

void Session::on(Response& response, const RequestPreempted& event) {
  tell(response, {ResponsePreempted{event.mode}});
}

void Session::on(Response& response, const RequestResumed& event) {
  tell(response, {ResponseResumed{event.mode}});
}

void Session::on(Response& response, const RequestFinished& event) {
  response.finish(event, context_.unix_seconds());
  count_finished(response);
  tell(response, {ResponseEnded{}});
  const bool failed =
      event.reason == FinishReason::kError || event.reason == FinishReason::kDeadline;
  if (failed) {
    memory_.disown(response.create().previous_response_id, response.id());
    steering_.fail_all(response.next_steers,
                       Error{Errc::kEngineError, "the steered response failed", ""});
  } else {
    memory_.remember(response.remember());
  }
  Response ended = responses_.take(event.request);
  if (!failed && !ended.next_steers.empty()) return start(steering_.follow(std::move(ended)));
  lanes_.finish(ended.create().stream_id);
}

void Session::on(Response&, const RequestRejected& event) {
  refuse(responses_.take(event.request), event.error);
}

void Session::tell(Response& response, const std::vector<ResponseEvent>& events) {
  for (const ResponseEvent& event : events) {
    if (!is_for_client(response, event)) continue;
    std::vector<std::string> frames;
    encode(response, event, frames);
    response.count_events(frames.size());
    std::size_t num_bytes = 0;
    for (std::string& frame : frames) {
      num_bytes += frame.size();
      outbox_.push(std::move(frame));
    }
    outbox_.excuse(size_of_end(response, event, num_bytes));
  }
}

bool Session::is_for_client(const Response& response, const ResponseEvent& event) const {
  if (speaks_octavo_) return true;
  if (std::holds_alternative<ResponsePreempted>(event)) return response.create().wants_preempted;
  if (std::holds_alternative<ResponseResumed>(event)) return response.create().wants_resumed;
  return true;
}

void Session::count_finished(const Response& ended) {
  const auto e2e = context_.clock() - ended.arrival();
  context_.metrics.count_finished(ended, e2e);
  log_ended(ended, e2e);
}

void Session::send_error(const Error& error, const std::string& stream_id) {
  log_refused(error, stream_id);
  outbox_.push(error_frame(error, stream_id));
}

void Session::cut_off_if_deaf() {
  if (left_ || !outbox_.is_over_limit()) return;
  spdlog::warn("session: cut off a client that does not read, bytes_unread={} responses={}",
               outbox_.num_bytes(), responses_.size());
  end(Error{Errc::kSlowConsumer, "", ""}, CancelReason::kSlowConsumer);
  outbox_.close({CloseCode::kTryAgainLater, "the client does not read what it is sent"});
}

void Session::decongest() {
  if (outbox_.is_congested()) return;
  responses_.for_each([this](Response& response) {
    if (response.state() != ResponseState::kRunning) return;
    std::vector<ResponseEvent> events;
    response.release(events);
    tell(response, events);
  });
  if (!left_) blocks_.write();
}

void Session::leave(CancelReason reason) {
  if (left_) return;
  left_ = true;
  for (const Response& response : responses_.take_all()) {
    context_.metrics.count_aborted(response);
    log_aborted(response, reason);
    if (response.state() == ResponseState::kRunning)
      scheduler_.send(CancelRequest{response.request(), reason});
  }
  blocks_.end();
  load_.end();
  mailbox_.close();
}

void Session::end(const Error& error, CancelReason reason) {
  if (left_) return;
  responses_.for_each([&](Response& response) {
    const bool is_running = response.state() == ResponseState::kRunning;
    if (is_running) scheduler_.send(CancelRequest{response.request(), reason});
    if (is_running && response.num_events() > 0)
      cut_short(response, error);
    else
      turn_away(response, error);
  });
  responses_.take_all();
  leave(reason);
}

void Session::cut_short(Response& response, const Error& error) {
  std::vector<ResponseEvent> events;
  response.cut_short(error, context_.unix_seconds(), events);
  count_finished(response);
  tell(response, events);
  steering_.fail_all(response.next_steers, error);
}

void Session::drain(std::string_view reason, std::chrono::milliseconds time_left) {
  if (draining_) return;
  draining_ = true;
  if (!speaks_octavo_) return;
  const boost::json::object goaway{
      {"type", "octavo:goaway"}, {"reason", reason}, {"time_left_ms", time_left.count()}};
  outbox_.push(boost::json::serialize(goaway));
}

std::string Session::watched_name(RequestId request) const {
  const bool is_own = tenant_ == 0 || context_.owners.is_of(request, tenant_);
  return is_own ? context_.response_id(request)
                : anonymous_name(context_.hash_key, watcher_, request);
}

}  // namespace octavo
