#include "actors/session/session.hpp"

#include <spdlog/spdlog.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "protocol/error_frame.hpp"
#include "protocol/response_events.hpp"

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
  const std::string lane = create.stream_id;
  if (draining_) return send_error(Error{Errc::kServerDraining, "", ""}, lane);
  if (!create.model.empty() && create.model != context_.model.name) {
    const Error error{
        Errc::kModelNotFound,
        "the model `" + create.model + "` is not served here: use `" + context_.model.name + "`",
        "model"};
    return send_error(error, lane);
  }
  auto sampling = complete_sampling(context_.model, create);
  if (!sampling) return send_error(sampling.error(), lane);
  create.sampling = std::move(*sampling);
  const RequestId request = context_.take_request();
  if (auto queued = lanes_.enqueue(lane, request); !queued) return send_error(queued.error(), lane);
  responses_.add(
      Response(request, context_.response_id(request), std::move(create), context_.clock()));
  start_next();
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
    const bool is_named = cancel.response_id.empty()
                              ? response.create().stream_id == cancel.stream_id
                              : response.id() == cancel.response_id;
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
  const ResponseCreate& create = response.create();
  if (!response.own_steers.empty() || !response.next_steers.empty()) {
    // The client gets its input back, and the response that it steered stays to be continued.
    memory_.disown(create.previous_response_id, response.id());
    steering_.fail_all(response.own_steers, error);
    steering_.fail_all(response.next_steers, error);
    return lanes_.finish(create.stream_id);
  }
  // A continuation that fails takes its parent out of this lane's memory; a failed fork from
  // another lane does not.
  const auto parent = memory_.find(create.previous_response_id);
  if (parent != nullptr && parent->stream_id == create.stream_id) memory_.forget(parent->id);
  send_error(error, create.stream_id);
  lanes_.finish(create.stream_id);
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
  if (!event.tokens.empty() && event.choice == 0) {
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
  context_.metrics.observe(event, context_.clock() - response.arrival());
  response.finish(event, context_.unix_seconds());
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
  context_.metrics.count_rejected();
  refuse(responses_.take(event.request), event.error);
}

void Session::tell(Response& response, const std::vector<ResponseEvent>& events) {
  for (const ResponseEvent& event : events) {
    std::vector<std::string> frames;
    encode(response, event, frames);
    response.count_events(frames.size());
    for (std::string& frame : frames) outbox_.push(std::move(frame));
  }
}

void Session::send_error(const Error& error, const std::string& stream_id) {
  outbox_.push(error_frame(error, stream_id));
}

void Session::cut_off_if_deaf() {
  if (left_ || !outbox_.is_over_limit()) return;
  spdlog::info("session: cut off a client that does not read");
  leave(CancelReason::kSlowConsumer);
  outbox_.close(CloseCode::kTryAgainLater);
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
  responses_.for_each([&](Response& response) {
    if (response.state() == ResponseState::kRunning)
      scheduler_.send(CancelRequest{response.request(), reason});
  });
  responses_.clear();
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

std::string Session::watched_name(RequestId request) const {
  const bool is_own = tenant_ == 0 || context_.owners.is_of(request, tenant_);
  return is_own ? context_.response_id(request)
                : anonymous_name(context_.hash_key, watcher_, request);
}

}  // namespace octavo
