// The responses that a client has come back to: what it missed goes into its outbox, and what comes
// follows, although another connection asked for it. Thread: the io thread's only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/session/outbox.hpp"
#include "actors/session/session_context.hpp"
#include "src/response/event_log.hpp"

namespace octavo {

class ResumedResponses {
 public:
  /// How the client is sent an event.
  using Form = std::function<std::string(const std::string& json)>;

  /// after_each: called after an event has gone into the outbox. Context and outbox outlive it.
  ResumedResponses(SessionContext& context, Outbox& outbox, Form form,
                   std::function<void()> after_each);
  ~ResumedResponses();
  ResumedResponses(const ResumedResponses&) = delete;
  ResumedResponses& operator=(const ResumedResponses&) = delete;

  /// starting_after: the number of the last event that the client has. Errors: kResponseNotFound;
  /// kResumeWindowExceeded, kInvalidValue as EventLog has them.
  [[nodiscard]] Result<void> resume(const std::string& response_id, std::int64_t starting_after,
                                    std::uint64_t tenant);
  /// Ends one of them. False when the client has not come back to it.
  bool cancel(const std::string& response_id, std::uint64_t tenant);
  /// The client has gone.
  void leave();
  /// Nothing more will come.
  bool is_quiet() const { return listeners_.empty(); }

 private:
  struct Listener;
  void forget(const Listener& listener);

  SessionContext& context_;
  Outbox& outbox_;
  Form form_;
  std::function<void()> after_each_;
  std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace octavo
