// A client resumes responses that another connection had created. This is the resuming client's
// side: the events that it missed go into its outbox at once, later ones as they come. Thread: the
// io thread's only.
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
  /// Makes the client's form of an event: a frame of a WebSocket, or a server-sent event.
  using Form = std::function<std::string(const std::string& json)>;

  /// after_each: called whenever events have gone into the outbox. Context and outbox must outlive
  /// this object.
  ResumedResponses(SessionContext& context, Outbox& outbox, Form form,
                   std::function<void()> after_each);
  ~ResumedResponses();
  ResumedResponses(const ResumedResponses&) = delete;
  ResumedResponses& operator=(const ResumedResponses&) = delete;

  /// starting_after: the number of the last event that the client has. Errors: kResponseNotFound;
  /// kResumeWindowExceeded, kInvalidValue as EventLog has them.
  [[nodiscard]] Result<void> resume(const std::string& response_id, std::int64_t starting_after,
                                    std::uint64_t tenant);
  /// Cancels a response that this client has resumed. False when it has not resumed it.
  bool cancel(const std::string& response_id, std::uint64_t tenant);
  /// Stops listening, because the client has gone.
  void leave();
  /// Whether no resumed response is left that still runs.
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
