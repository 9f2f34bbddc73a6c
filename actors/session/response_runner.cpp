#include "actors/session/response_runner.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "actors/session/engine_request.hpp"
#include "actors/session/request_log.hpp"
#include "protocol/response_events.hpp"
#include "src/core/out_of_memory.hpp"
#include "src/response/answer_format.hpp"

namespace octavo {

ResponseRunner::ResponseRunner(SessionContext& context, const asio::any_io_executor& executor,
                               ResponseEncoder& encoder, Outbox& outbox,
                               Address<SessionMessage> reply_to, LaneLimits lanes)
    : context_(context),
      encoder_(encoder),
      outbox_(outbox),
      reply_to_(std::move(reply_to)),
      scheduler_(context.scheduler),
      lanes_(lanes),
      responses_(context.running),
      steering_(context, responses_, memory_, lanes_, outbox_),
      account_(context.anonymous),
      watcher_(context.owners.next_watcher()),
      resumable_(context, executor, responses_, reply_to_) {}

void ResponseRunner::create(ResponseCreate create) {
  context_.metrics.count_received();
  const std::string lane = create.stream_id;
  if (auto added = add(std::move(create)); !added) {
    context_.metrics.count_refused(added.error().code);
    return send_error(added.error(), lane);
  }
  start_next();
}

Result<void> ResponseRunner::add(ResponseCreate create) {
  if (draining_) return Error{Errc::kServerDraining, "", ""};
  if (auto checked = check_model(context_.model, create); !checked) return checked.error();
  auto sampling = complete_sampling(context_.model, create);
  if (!sampling) return sampling.error();
  create.sampling = std::move(*sampling);
  create.tenant = tenant_;
  create.trace_id = trace_id_;
  const auto num_active = static_cast<std::int64_t>(context_.running.num_of(tenant_));
  if (auto limited = account_->begin_request(num_active, context_.clock())) return *limited;
  const RequestId request = context_.take_request();
  if (auto queued = lanes_.enqueue(create.stream_id, request); !queued) return queued.error();
  responses_.add(
      Response(request, context_.response_id(request), std::move(create), context_.clock()));
  return {};
}

void ResponseRunner::steer(ResponseSteer steer) {
  steering_.receive(std::move(steer), draining_);
  start_next();
}

bool ResponseRunner::cancel(const ResponseCancel& cancel) {
  const bool runs = cancel_running(cancel);
  const bool waits = cancel_pending(cancel);
  return runs || waits;
}

bool ResponseRunner::cancel_running(const ResponseCancel& cancel) {
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

bool ResponseRunner::cancel_pending(const ResponseCancel& cancel) {
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

void ResponseRunner::start_next() {
  if (has_left_) return;
  while (const auto request = lanes_.start_next()) start(*responses_.find(*request));
}

void ResponseRunner::start(Response& response) {
  response.begin_preparing();
  std::shared_ptr<const RememberedResponse> parent;
  if (const auto parent_id = context_.parent_of(response.create())) {
    if (!*parent_id) return refuse(responses_.take(response.request()), parent_id->error());
    parent = find_parent(**parent_id);
    if (parent == nullptr && context_.archive != nullptr)
      return fetch_parent(response, **parent_id);
    if (parent == nullptr) return refuse_orphan(response);
  }
  prepare(response, std::move(parent));
}

void ResponseRunner::refuse_orphan(Response& response) {
  const auto parent_id = context_.parent_of(response.create());
  const Error error = previous_response_not_found(**parent_id);
  refuse(responses_.take(response.request()), error);
}

void ResponseRunner::fetch_parent(const Response& response, const std::string& parent_id) {
  context_.archive->find(
      parent_id, tenant_, [reply_to = reply_to_, request = response.request()](const auto& found) {
        if (!found) log_archive_fault(found.error());
        const bool is_there = found && *found;
        reply_to.send(ParentFound{request, is_there ? (*found)->memory : nullptr});
      });
}

void ResponseRunner::handle(ParentFound found) {
  Response* response = responses_.find(found.request, ResponseState::kPreparing);
  if (response == nullptr) return;
  if (found.parent == nullptr) return refuse_orphan(*response);
  prepare(*response, std::move(found.parent));
}

// A response that this connection does not remember may have been stored by an earlier one.
std::shared_ptr<const RememberedResponse> ResponseRunner::find_parent(const std::string& id) {
  if (auto known = memory_.find(id)) return known;
  const StoredResponse* stored = context_.store.find(id, tenant_, context_.clock());
  return stored == nullptr ? nullptr : stored->memory;
}

void ResponseRunner::prepare(Response& response, std::shared_ptr<const RememberedResponse> parent) {
  // The desk shares what it reads: this session may be gone before it answers.
  Desk& desk = is_constrained(response.create()) ? *context_.grammar_desk : context_.desk;
  desk.post(desk_owner(),
            [&model = context_.model, request = response.request(),
             create = response.shared_create(), parent = std::move(parent), reply_to = reply_to_] {
              if (reply_to.is_closed()) return;  // Nobody waits for it any more.
              auto prompt = std::make_unique<Result<Prompt>>(
                  or_out_of_memory([&] { return prepare_prompt(model, *create, parent.get()); }));
              reply_to.send(PromptPrepared{request, std::move(prompt)});
            });
}

void ResponseRunner::handle(PromptPrepared prepared) {
  Response* response = responses_.find(prepared.request, ResponseState::kPreparing);
  if (response == nullptr) return;
  if (std::exchange(response->grew_at_desk, false)) return start(*response);
  if (!*prepared.prompt) return refuse(responses_.take(prepared.request), prepared.prompt->error());
  const auto num_prompt = static_cast<std::int64_t>((*prepared.prompt)->tokens.size());
  if (auto limited = account_->take_prompt(num_prompt, context_.clock()))
    return refuse(responses_.take(prepared.request), *limited);
  response->start(context_.model, std::move(**prepared.prompt), context_.unix_seconds());
  const RequestId request = response->request();
  if (response->create().resume_grace)
    response->event_log = context_.event_logs.begin(response->id(), tenant_, context_.clock());
  context_.owners.record(request, tenant_);
  if (scheduler_.send(SubmitRequest{engine_request(context_, *response, *account_, speaks_octavo_),
                                    reply_to_}) == SendResult::kClosed) {
    return on(*response, RequestRejected{request, Error{Errc::kServerDraining, "", ""}});
  }
  // Cancelled at the desk: the engine ends it like any other, so that the client sees the whole
  // order of events.
  if (std::exchange(response->is_cancelled, false))
    scheduler_.send(CancelRequest{request, CancelReason::kClientCancelled});
}

void ResponseRunner::refuse(Response response, const Error& error) {
  turn_away(response, error);
  lanes_.finish(response.create().stream_id);
}

void ResponseRunner::turn_away(const Response& response, const Error& error) {
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

void ResponseRunner::handle(const SessionEvents& events) {
  for (const RequestEvent& event : events) {
    std::visit(
        [this](const auto& each) {
          Response* response = responses_.find(each.request, ResponseState::kRunning);
          if (response != nullptr) on(*response, each);
        },
        event);
  }
}

void ResponseRunner::on(Response& response, const RequestAccepted&) {
  tell(response, {ResponseBegan{}});
  response.own_steers.clear();
}

void ResponseRunner::on(Response& response, const TokensGenerated& event) {
  const TimePoint now = context_.clock();
  // An engine that has run ahead of a stop string tells of tokens that nobody is given.
  if (!event.tokens.empty() && event.choice == 0 && !response.choice(0).finished()) {
    if (response.last_token) context_.metrics.observe_inter_token(now - *response.last_token);
    response.last_token = now;
  }
  std::vector<ResponseEvent> events;
  const std::int64_t num_before = response.num_completion_tokens();
  if (response.append(event, outbox_.is_congested(), events))
    scheduler_.send(CancelRequest{event.request, CancelReason::kStopMatched, event.choice});
  account_->count_completion(response.num_completion_tokens() - num_before, now);
  context_.metrics.count_tokens(response);
  tell(response, events);
}

void ResponseRunner::on(Response& response, const RequestProgressed& event) {
  tell(response, {PromptProgressed{event, context_.clock() - response.arrival()}});
}

void ResponseRunner::on(Response& response, const RequestPreempted& event) {
  tell(response, {ResponsePreempted{event.mode}});
}

void ResponseRunner::on(Response& response, const RequestResumed& event) {
  tell(response, {ResponseResumed{event.mode}});
}

void ResponseRunner::on(Response& response, const RequestFinished& event) {
  response.finish(event, context_.unix_seconds());
  account_->count_cached(event.usage.num_cached_tokens, context_.clock());
  count_finished(response);
  const bool is_stored = response.create().store && !is_failure(event.reason);
  if (is_stored && context_.archive != nullptr) return archive(response);
  conclude(response);
}

void ResponseRunner::archive(Response& response) {
  auto memory = std::make_shared<RememberedResponse>(response.remember());
  memory->num_events += 1;  // With the event of its end.
  response.memory = memory;
  ResponseRecord record{response.id(), tenant_, boost::json::serialize(response_json(response)),
                        std::move(memory)};
  context_.archive->put(std::move(record), [reply_to = reply_to_, request = response.request()](
                                               const Result<void>& written) {
    std::shared_ptr<const Error> error;
    if (!written) error = std::make_shared<const Error>(written.error());
    reply_to.send(ResponseStored{request, std::move(error)});
  });
}

void ResponseRunner::handle(const ResponseStored& stored) {
  Response* response = responses_.find(stored.request, ResponseState::kEnded);
  if (response == nullptr) return;
  if (stored.error != nullptr) log_archive_fault(*stored.error);
  response->is_kept = stored.error == nullptr;
  conclude(*response);
}

void ResponseRunner::conclude(Response& response) {
  tell(response, {ResponseEnded{}});
  const FinishReason reason = response.end().finished.reason;
  const bool failed = is_failure(reason);
  if (failed) {
    memory_.disown(response.create().previous_response_id, response.id());
    steering_.fail_all(response.next_steers,
                       Error{Errc::kEngineError, "the steered response failed", ""});
  }
  const auto ended = std::make_shared<Response>(responses_.take(response.request()));
  const std::string& lane = ended->create().stream_id;
  if (failed) return lanes_.finish(lane);
  const auto memory = ended->memory != nullptr
                          ? std::exchange(ended->memory, nullptr)
                          : std::make_shared<const RememberedResponse>(ended->remember());
  memory_.remember(memory, ended->num_events());
  if (memory->store) context_.store.put({memory, ended}, context_.clock());
  if (!ended->next_steers.empty()) {
    if (!has_left_) return start(steering_.follow(*ended));
    steering_.fail_all(ended->next_steers, Error{Errc::kEngineError, "its client has gone", ""});
  }
  lanes_.finish(lane);
}

void ResponseRunner::on(Response& response, const RequestRejected& event) {
  account_->return_prompt(static_cast<std::int64_t>(response.prompt_tokens().size()),
                          context_.clock());
  refuse(responses_.take(event.request), event.error);
}

void ResponseRunner::tell(Response& response, const std::vector<ResponseEvent>& events) {
  for (const ResponseEvent& event : events) {
    if (!is_for_client(response, event)) continue;
    std::vector<std::string> frames;
    encoder_.encode(response, event, frames);
    response.count_events(static_cast<std::int64_t>(frames.size()));
    if (response.event_log != nullptr)
      resumable_.record(response, event, frames, encoder_.is_plain());
    std::size_t num_bytes = 0;
    for (std::string& frame : frames) {
      num_bytes += frame.size();
      outbox_.push(std::move(frame));
    }
    outbox_.excuse(encoder_.size_of_end(response, event, num_bytes));
  }
}

bool ResponseRunner::is_for_client(const Response& response, const ResponseEvent& event) const {
  if (speaks_octavo_) return true;
  if (std::holds_alternative<PromptProgressed>(event)) return response.create().wants_progress;
  if (std::holds_alternative<ResponsePreempted>(event)) return response.create().wants_preempted;
  if (std::holds_alternative<ResponseResumed>(event)) return response.create().wants_resumed;
  return true;
}

void ResponseRunner::count_finished(Response& ended) {
  const auto e2e = context_.clock() - ended.arrival();
  context_.metrics.count_finished(ended, e2e);
  log_ended(ended, e2e);
}

void ResponseRunner::send_error(const Error& error, const std::string& stream_id) {
  log_refused(error, stream_id);
  std::vector<std::string> frames;
  encoder_.refuse(error, stream_id, frames);
  for (std::string& frame : frames) outbox_.push(std::move(frame));
}

void ResponseRunner::decongest() {
  if (outbox_.is_congested()) return;
  responses_.for_each([this](Response& response) {
    if (response.state() != ResponseState::kRunning) return;
    std::vector<ResponseEvent> events;
    response.release(events);
    tell(response, events);
  });
}

void ResponseRunner::leave(CancelReason reason) {
  has_left_ = true;
  for (const RequestId request : responses_.all()) {
    if (ResumableResponses::survives(*responses_.find(request), reason)) continue;
    Response response = responses_.take(request);
    if (response.state() == ResponseState::kEnded) continue;  // It waits for the disk alone.
    context_.metrics.count_aborted(response);
    log_aborted(response, reason);
    if (response.state() == ResponseState::kRunning)
      scheduler_.send(CancelRequest{response.request(), reason});
  }
  if (responses_.is_empty()) return;
  context_.detached_runners.insert(this);
  resumable_.detach();
}

void ResponseRunner::end(const Error& error, CancelReason reason) {
  has_left_ = true;
  for (const RequestId request : responses_.all()) {
    Response& response = *responses_.find(request);
    if (ResumableResponses::survives(response, reason)) continue;
    if (response.state() == ResponseState::kEnded) {
      response.is_kept = false;  // For all that its client may be told.
      conclude(response);
      continue;
    }
    const bool is_running = response.state() == ResponseState::kRunning;
    if (is_running) scheduler_.send(CancelRequest{response.request(), reason});
    if (is_running && response.num_events() > 0)
      cut_short(response, error);
    else
      turn_away(response, error);
    responses_.take(request);
  }
}

void ResponseRunner::cut_short(Response& response, const Error& error) {
  std::vector<ResponseEvent> events;
  response.cut_short(error, context_.unix_seconds(), events);
  count_finished(response);
  tell(response, events);
  steering_.fail_all(response.next_steers, error);
}

}  // namespace octavo
