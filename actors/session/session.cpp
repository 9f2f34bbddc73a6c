#include "actors/session/session.hpp"

#include <spdlog/spdlog.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "actors/session/request_log.hpp"

namespace octavo {

Session::Session(SessionContext& context, const asio::any_io_executor& executor)
    : context_(context),
      mailbox_(executor),
      outbox_(executor, context.limits.soft_outbox_bytes, context.limits.hard_outbox_bytes),
      runner_(context, executor, frames_, outbox_, mailbox_.address(), context.limits.lanes),
      blocks_(context.block_manager, mailbox_.address(), outbox_,
              [this](RequestId request) { return watched_name(request); }),
      load_({context.status, context.metrics, context.clock}, executor, mailbox_.address(),
            outbox_),
      resumed_(
          context, outbox_, [](const std::string& frame) { return frame; },
          [this] { cut_off_if_deaf(); }) {}

Session::~Session() { runner_.leave(CancelReason::kShutdown); }

void Session::receive_frame(std::string_view frame) {
  if (left_) return;
  auto event = parse_client_event(frame, context_.limits.max_json_depth);
  if (!event) {
    const RefusedEvent& refused = event.error();
    if (refused.is_request) {
      context_.metrics.count_received();
      context_.metrics.count_refused(refused.error.code);
    }
    runner_.send_error(refused.error, refused.stream_id);
    if (refused.error.code == Errc::kInvalidJson) cut_off_if_babbling();
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

void Session::receive(ResponseCreate create) { runner_.create(std::move(create)); }

void Session::receive(ResponseSteer steer) { runner_.steer(std::move(steer)); }

void Session::receive(const ResponseResume& resume) {
  if (runner_.runs(resume.response_id)) {
    const Error error{Errc::kInvalidEvent, "the response is sent to this connection already",
                      "response_id"};
    return runner_.send_error(error, resume.stream_id);
  }
  const auto resumed = resumed_.resume(resume.response_id, resume.starting_after, runner_.tenant());
  if (!resumed) runner_.send_error(resumed.error(), resume.stream_id);
}

void Session::receive(const ResponseCancel& cancel) {
  if (runner_.cancel(cancel)) return;
  if (resumed_.cancel(cancel.response_id, runner_.tenant())) return;
  const Error error{Errc::kResponseNotFound, "there is no such response running on this connection",
                    cancel.response_id.empty() ? "stream_id" : "response_id"};
  runner_.send_error(error, cancel.stream_id);
}

void Session::receive(const FeedSubscribe& subscribe) {
  if (left_) return;
  if (subscribe.topic == FeedTopic::kBlocks)
    blocks_.begin(subscribe.interval);
  else
    load_.begin(subscribe.interval, subscribe.totals);
}

void Session::receive(const FeedUnsubscribe& unsubscribe) {
  if (unsubscribe.topic == FeedTopic::kBlocks)
    blocks_.end();
  else
    load_.end();
}

// Its one use is to let what runs on come to its end.
void Session::handle_unheard(SessionMessage message) {
  if (auto* events = std::get_if<SessionEvents>(&message)) runner_.handle(*events);
  if (auto* due = std::get_if<GraceDue>(&message)) runner_.handle(*due);
  if (auto* stored = std::get_if<ResponseStored>(&message)) runner_.handle(*stored);
  if (runner_.is_quiet()) mailbox_.close();
}

void Session::handle(SessionMessage message) {
  if (left_) return handle_unheard(std::move(message));
  if (auto* events = std::get_if<SessionEvents>(&message)) {
    runner_.handle(*events);
  } else if (auto* prepared = std::get_if<PromptPrepared>(&message)) {
    runner_.handle(std::move(*prepared));
  } else if (auto* changed = std::get_if<BlockMapChanged>(&message)) {
    blocks_.take(std::move(*changed));
  } else if (auto* due = std::get_if<LoadDue>(&message)) {
    load_.look(*due);
  } else if (auto* stored = std::get_if<ResponseStored>(&message)) {
    runner_.handle(*stored);
  } else if (auto* parent = std::get_if<ParentFound>(&message)) {
    runner_.handle(std::move(*parent));
  }
  runner_.start_next();
  cut_off_if_deaf();
}

void Session::cut_off_if_deaf() {
  if (left_ || !outbox_.is_over_limit()) return;
  spdlog::warn("session: cut off a client that does not read, bytes_unread={} responses={}",
               outbox_.num_bytes(), runner_.num_responses());
  end(Error{Errc::kSlowConsumer, "", ""}, CancelReason::kSlowConsumer);
  outbox_.close({CloseCode::kTryAgainLater, "the client does not read what it is sent"});
}

void Session::cut_off_if_babbling() {
  const TimePoint now = context_.clock();
  if (!invalid_messages_) invalid_messages_.emplace();
  invalid_messages_->add(1, now);
  const std::size_t limit = context_.limits.max_invalid_messages;
  if (std::cmp_less(invalid_messages_->sum(now), limit)) return;
  const Error error{Errc::kInvalidJson,
                    std::to_string(limit) + " messages within a minute were not JSON", ""};
  spdlog::warn("session: ended close_code=1008 reason=\"{}\" responses={}", error.detail,
               runner_.num_responses());
  end(error, CancelReason::kClientGone);
  outbox_.close({CloseCode::kPolicy, error.detail});
}

void Session::decongest() {
  if (outbox_.is_congested()) return;
  runner_.decongest();
  if (!left_) blocks_.write();
}

void Session::leave(CancelReason reason) {
  if (left_) return;
  left_ = true;
  runner_.leave(reason);
  resumed_.leave();
  blocks_.end();
  load_.end();
  if (runner_.is_quiet()) mailbox_.close();
}

void Session::end(const Error& error, CancelReason reason) {
  runner_.end(error, reason);
  leave(reason);
  if (runner_.is_quiet()) mailbox_.close();
}

void Session::drain(std::string_view reason, std::chrono::milliseconds time_left) {
  if (runner_.is_draining()) return;
  runner_.drain();
  if (!speaks_octavo_) return;
  const boost::json::object goaway{
      {"type", "octavo:goaway"}, {"reason", reason}, {"time_left_ms", time_left.count()}};
  outbox_.push(boost::json::serialize(goaway));
}

std::string Session::watched_name(RequestId request) const {
  const bool is_own = runner_.tenant() == 0 || context_.owners.is_of(request, runner_.tenant());
  return is_own ? context_.response_id(request)
                : anonymous_name(context_.hash_key, runner_.watcher(), request);
}

}  // namespace octavo
