#include "actors/session/steering.hpp"

#include "src/core/utf8.hpp"

namespace octavo {
namespace {

constexpr std::size_t kMaxPendingSteers = 16;
constexpr const char* kTooMany = "too much input waits for the response to end";
constexpr const char* kNoOutput = "a response with generate:false has no output to steer";

}  // namespace

void Steering::receive(ResponseSteer said, bool is_draining) {
  Steer steer{std::move(said), "", ""};
  const std::string& named = steer.said.previous_response_id;
  if (steer.said.fault) {
    const std::string message = steer.said.fault->message();
    return fail(std::move(steer), SteerFault::kInvalidInput, message);
  }
  if (is_draining) {
    return fail(std::move(steer), SteerFault::kServerDraining, describe(Errc::kServerDraining));
  }
  if (context_.model.chat_template == nullptr && steer.said.text_input.empty()) {
    return fail(std::move(steer), SteerFault::kInvalidInput,
                "the model has no chat template: send `input` as one string");
  }
  const std::string newest = memory_.newest_of(named);
  if (steer_running(newest, steer) || steer_pending(newest, steer) || steer_ended(newest, steer))
    return;
  const std::string message =
      "there is no response with id '" + quotable(named, 64) + "' on this connection";
  fail(std::move(steer), SteerFault::kResponseNotFound, message);
}

bool Steering::steer_running(const std::string& newest, Steer& steer) {
  Response* response = responses_.find(newest);
  if (response == nullptr) return false;
  // One that has ended stays here until it is on the disk.
  const bool is_running = response->state() == ResponseState::kRunning;
  if (!is_running && response->state() != ResponseState::kEnded) return false;
  // An id that the client does not have yet is a guess, unless it comes by way of its parent.
  if (response->num_events() == 0 && steer.said.previous_response_id == newest) return false;
  if (!response->create().generate) {
    fail(std::move(steer), SteerFault::kNotSupported, kNoOutput);
  } else if (response->next_steers.size() >= kMaxPendingSteers) {
    fail(std::move(steer), SteerFault::kTooManyPending, kTooMany);
  } else {
    if (is_running && response->next_steers.empty())
      context_.scheduler.send(CancelRequest{response->request(), CancelReason::kSteered});
    accept(steer);
    response->next_steers.push_back(std::move(steer));
  }
  return true;
}

// A successor that has not begun takes the input along.
bool Steering::steer_pending(const std::string& newest, Steer& steer) {
  const auto named = memory_.find(steer.said.previous_response_id);
  if (named == nullptr || named->id == newest) return false;
  Response* response = responses_.find(newest);
  if (response == nullptr) return false;
  if (response->own_steers.size() >= kMaxPendingSteers) {
    fail(std::move(steer), SteerFault::kTooManyPending, kTooMany);
    return true;
  }
  accept(steer);
  response->add_input(std::move(steer));
  response->grew_at_desk = response->state() == ResponseState::kPreparing;
  return true;
}

// A response that ended before the steer came is followed all the same.
bool Steering::steer_ended(const std::string& newest, Steer& steer) {
  const auto ended = memory_.find(newest);
  if (ended == nullptr) return false;
  if (!ended->settings.generate) {
    fail(std::move(steer), SteerFault::kNotSupported, kNoOutput);
    return true;
  }
  Steer accepted = steer;
  accepted.id = next_steer_id();
  accepted.stream_id = ended->stream_id;
  Response successor = successor_of(newest, ended->settings, {accepted});
  if (auto queued = lanes_.enqueue(ended->stream_id, successor.request()); !queued) {
    context_.metrics.count_refused(queued.error().code);
    fail(std::move(steer), SteerFault::kSuccessorFailed, queued.error().message());
    return true;
  }
  memory_.succeed(newest, successor.id());
  const std::string& named = accepted.said.previous_response_id;
  tell(named, steer_accepted(accepted, take_event_number(named)));
  responses_.add(std::move(successor));
  return true;
}

Response Steering::successor_of(const std::string& id, ResponseCreate settings,
                                std::vector<Steer> steers) {
  context_.metrics.count_received();
  const RequestId request = context_.take_request();
  settings.previous_response_id = id;
  Response successor(request, context_.response_id(request), std::move(settings), context_.clock());
  for (Steer& steer : steers) successor.add_input(std::move(steer));
  return successor;
}

Response& Steering::follow(Response& steered) {
  Response successor =
      successor_of(steered.id(), steered.create().settings(), std::move(steered.next_steers));
  successor.is_cancelled = steered.is_cancelled;
  memory_.succeed(steered.id(), successor.id());
  return responses_.add(std::move(successor));
}

void Steering::accept(Steer& steer) {
  const std::string& named = steer.said.previous_response_id;
  steer.id = next_steer_id();
  steer.stream_id = lane_of(named);
  tell(named, steer_accepted(steer, take_event_number(named)));
}

void Steering::fail(Steer steer, SteerFault fault, std::string_view message) {
  const std::string& named = steer.said.previous_response_id;
  if (steer.id.empty()) steer.stream_id = lane_of(named);
  tell(named, steer_failed(steer, fault, message, take_event_number(named)));
}

void Steering::fail_all(const std::vector<Steer>& steers, const Error& error) {
  for (const Steer& steer : steers) fail(steer, SteerFault::kSuccessorFailed, error.message());
}

// From the requests' counter, so that no two of one server are the same.
std::string Steering::next_steer_id() {
  return "steer_" + context_.response_id(context_.take_request()).substr(5);
}

Response* Steering::find_begun(const std::string& response_id) {
  Response* response = responses_.find(response_id);
  return response != nullptr && response->num_events() > 0 ? response : nullptr;
}

std::string Steering::lane_of(const std::string& response_id) {
  if (const Response* response = find_begun(response_id)) return response->create().stream_id;
  const auto ended = memory_.find(response_id);
  return ended == nullptr ? "" : ended->stream_id;
}

// It has one of the response's numbers, so whoever resumes the response must find it among the
// events, or would miss every one after it.
void Steering::tell(const std::string& response_id, std::string frame) {
  const Response* response = find_begun(response_id);
  if (response != nullptr && response->event_log != nullptr)
    response->event_log->append(frame, false);
  outbox_.push(std::move(frame));
}

std::int64_t Steering::take_event_number(const std::string& response_id) {
  if (Response* response = find_begun(response_id)) {
    response->count_events(1);
    return response->num_events() - 1;
  }
  return memory_.take_event_number(response_id);
}

}  // namespace octavo
