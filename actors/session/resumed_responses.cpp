#include "actors/session/resumed_responses.hpp"

#include <algorithm>
#include <utility>

#include "src/core/utf8.hpp"

namespace octavo {

struct ResumedResponses::Listener final : EventLog::Listener {
  Listener(ResumedResponses& owner_, std::string id_, std::shared_ptr<EventLog> log_)
      : owner(owner_), id(std::move(id_)), log(std::move(log_)) {
    log->listen(*this);
  }
  ~Listener() override { log->unlisten(*this); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void hear(const std::string& frame, bool is_last) override {
    ResumedResponses& all = owner;
    all.outbox_.push(all.form_(frame));
    if (is_last) all.forget(*this);  // Which ends this.
    all.after_each_();
  }

  ResumedResponses& owner;
  std::string id;
  std::shared_ptr<EventLog> log;
};

ResumedResponses::ResumedResponses(SessionContext& context, Outbox& outbox, Form form,
                                   std::function<void()> after_each)
    : context_(context),
      outbox_(outbox),
      form_(std::move(form)),
      after_each_(std::move(after_each)) {}

ResumedResponses::~ResumedResponses() = default;

Result<void> ResumedResponses::resume(const std::string& response_id, std::int64_t starting_after,
                                      std::uint64_t tenant) {
  auto log = context_.event_logs.find(response_id, tenant, context_.clock());
  if (log == nullptr) {
    return Error{Errc::kResponseNotFound,
                 "there is no response `" + quotable(response_id, 128) +
                     "` to come back to: it must have been created with octavo.resume_grace_ms, "
                     "and have ended no longer ago than that",
                 "response_id"};
  }
  const auto missed = log->after(starting_after);
  if (!missed) return missed.error();
  std::erase_if(listeners_, [&](const auto& each) { return each->id == response_id; });
  // All that was missed comes at once, which is no sign of a client that does not read.
  std::size_t num_bytes = 0;
  for (const std::string& frame : *missed) {
    std::string formed = form_(frame);
    num_bytes += formed.size();
    outbox_.push(std::move(formed));
  }
  outbox_.excuse(num_bytes);
  if (!log->has_ended())
    listeners_.push_back(std::make_unique<Listener>(*this, response_id, std::move(log)));
  after_each_();
  return {};
}

bool ResumedResponses::cancel(const std::string& response_id, std::uint64_t tenant) {
  const bool is_known =
      std::ranges::any_of(listeners_, [&](const auto& each) { return each->id == response_id; });
  const auto request = context_.request_of(response_id);
  if (!is_known || !request || context_.running.find(*request, tenant) == nullptr) return false;
  context_.scheduler.send(CancelRequest{*request, CancelReason::kClientCancelled});
  return true;
}

void ResumedResponses::leave() { listeners_.clear(); }

void ResumedResponses::forget(const Listener& listener) {
  std::erase_if(listeners_, [&](const auto& each) { return each.get() == &listener; });
}

}  // namespace octavo
