// How a session takes more input for a response that runs. The response ends at the next token, and
// a successor goes on from its very tokens, on the same lane and before anything else that waits
// there. Input is never lost: it is in a successor that the client was told of, or given back.
#include "actors/session.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

constexpr std::size_t kMaxPendingSteers = 16;
constexpr const char* kTooMany = "too much input waits for the response to end";
constexpr const char* kNoOutput = "a response with generate:false has no output to steer";

void add_input(ResponseCreate& create, const Steer& steer) {
  create.input.insert(create.input.end(), steer.said.input.begin(), steer.said.input.end());
  create.text_input += steer.said.text_input;
}

}  // namespace

void Session::receive(ResponseSteer event) {
  Steer steer{std::move(event), "", ""};
  const std::string& named = steer.said.previous_response_id;
  if (steer.said.fault) {
    const std::string message = steer.said.fault->message();
    return fail(std::move(steer), SteerFault::kInvalidInput, message);
  }
  if (draining_) {
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

// Answers whether it was for it, refused or not. So do the next two.
bool Session::steer_running(const std::string& newest, Steer& steer) {
  for (auto& [request, running] : tasks_) {
    const ResponseTask& task = *running.task;
    if (task.response_id() != newest) continue;
    // An id that the client has not been told is a guess, unless it comes by way of its parent.
    if (!task.has_begun() && steer.said.previous_response_id == newest) return false;
    if (!task.create().generate) {
      fail(std::move(steer), SteerFault::kNotSupported, kNoOutput);
    } else if (running.steers.size() >= kMaxPendingSteers) {
      fail(std::move(steer), SteerFault::kTooManyPending, kTooMany);
    } else {
      if (running.steers.empty()) scheduler_.send(CancelRequest{request, CancelReason::kSteered});
      accept(steer);
      running.steers.push_back(std::move(steer));
    }
    return true;
  }
  return false;
}

// A successor that has not begun takes the input along.
bool Session::steer_pending(const std::string& newest, Steer& steer) {
  const auto named = memory_.find(steer.said.previous_response_id);
  if (named == nullptr || named->id == newest) return false;
  const auto add = [&](Pending& pending) {
    if (response_id(pending.request) != newest) return false;
    if (pending.steers.size() >= kMaxPendingSteers) {
      fail(std::move(steer), SteerFault::kTooManyPending, kTooMany);
      return true;
    }
    accept(steer);
    add_input(pending.create, steer);
    pending.steers.push_back(std::move(steer));
    return true;
  };
  for (auto& [request, pending] : preparing_) {
    if (!add(pending)) continue;
    pending.grew_at_desk = true;
    return true;
  }
  bool found = false;
  lanes_.for_each_queued(named->stream_id,
                         [&](Pending& pending) { found = found || add(pending); });
  return found;
}

// A response that ended before the steer came is followed all the same.
bool Session::steer_ended(const std::string& newest, Steer& steer) {
  const auto ended = memory_.find(newest);
  if (ended == nullptr) return false;
  if (!ended->settings.generate) {
    fail(std::move(steer), SteerFault::kNotSupported, kNoOutput);
    return true;
  }
  Steer accepted = steer;
  accepted.id = next_steer_id();
  accepted.stream_id = ended->stream_id;
  Pending successor = successor_of(newest, ended->settings, {accepted});
  const std::string id = response_id(successor.request);
  if (auto queued = lanes_.enqueue(ended->stream_id, std::move(successor)); !queued) {
    fail(std::move(steer), SteerFault::kSuccessorFailed, queued.error().message());
    return true;
  }
  memory_.succeed(newest, id);
  outbox_.push(steer_accepted(accepted, take_event_number(accepted.said.previous_response_id)));
  start_next();
  return true;
}

Session::Pending Session::successor_of(const std::string& id, const ResponseCreate& settings,
                                       std::vector<Steer> steers) {
  Pending pending{RequestId{context_.next_request.fetch_add(1)}, settings, context_.clock()};
  pending.create.previous_response_id = id;
  pending.create.input.clear();
  pending.create.text_input.clear();
  pending.create.input_token_ids.reset();
  pending.create.unknown_fields.clear();
  for (const Steer& steer : steers) add_input(pending.create, steer);
  pending.steers = std::move(steers);
  return pending;
}

void Session::follow(Running steered) {
  const std::string& id = steered.task->response_id();
  Pending successor = successor_of(id, steered.task->create(), std::move(steered.steers));
  successor.cancelled = steered.cancelled;
  memory_.succeed(id, response_id(successor.request));
  start(std::move(successor));  // The lane stays taken: what is queued on it comes later.
}

void Session::accept(Steer& steer) {
  const std::string& named = steer.said.previous_response_id;
  steer.id = next_steer_id();
  steer.stream_id = lane_of(named);
  outbox_.push(steer_accepted(steer, take_event_number(named)));
}

void Session::fail(Steer steer, SteerFault fault, std::string_view message) {
  const std::string& named = steer.said.previous_response_id;
  if (steer.id.empty()) steer.stream_id = lane_of(named);
  outbox_.push(steer_failed(steer, fault, message, take_event_number(named)));
}

void Session::fail_all(const std::vector<Steer>& steers, const Error& error) {
  for (const Steer& steer : steers) fail(steer, SteerFault::kSuccessorFailed, error.message());
}

// From the requests' counter, so that no two of one server are the same.
std::string Session::next_steer_id() {
  return "steer_" + response_id(RequestId{context_.next_request.fetch_add(1)}).substr(5);
}

ResponseTask* Session::find_begun(const std::string& response_id) {
  for (auto& [request, running] : tasks_) {
    if (running.task->response_id() == response_id && running.task->has_begun())
      return running.task.get();
  }
  return nullptr;
}

std::string Session::lane_of(const std::string& response_id) {
  if (const ResponseTask* task = find_begun(response_id)) return task->create().stream_id;
  const auto ended = memory_.find(response_id);
  return ended == nullptr ? "" : ended->stream_id;
}

std::int64_t Session::take_event_number(const std::string& response_id) {
  if (ResponseTask* task = find_begun(response_id)) return task->take_event_number();
  return memory_.take_event_number(response_id);
}

}  // namespace octavo
