// One request for text over HTTP and its answer: the responses run as those of a WebSocket do, and
// what the encoder makes of them is written as it comes, or at the end. Runs on the io thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/session/response_runner.hpp"
#include "actors/session/resumed_responses.hpp"
#include "actors/transport/client_stream.hpp"
#include "protocol/http_answer.hpp"
#include "protocol/http_reply.hpp"

namespace octavo {

class HttpExchange {
 public:
  /// The context outlives the exchange.
  HttpExchange(SessionContext& context, const asio::any_io_executor& executor,
               std::unique_ptr<HttpAnswer> answer, const Caller& caller);

  /// Hands the engine's messages to the responses, until end or leave().
  static asio::awaitable<void> follow_engine(std::shared_ptr<HttpExchange> self);

  /// Sets the trace to which the responses belong. To be called before create().
  void set_trace_id(std::string trace_id) { runner_.set_trace_id(std::move(trace_id)); }
  /// Asks for the responses.
  void create(std::vector<ResponseCreate> creates);
  /// Comes back to one that another connection asked for; errors go into the answer.
  void resume(const std::string& response_id, std::int64_t starting_after);
  /// Writes the answer under this head, which has what is the connection's business; status, kind
  /// and length are filled in. True when the answer is whole and the connection may go on.
  asio::awaitable<bool> write(ClientStream& stream, HttpReply head);

  /// The client has gone.
  void leave();
  /// The server ends it with this error, which is the last that the client is told.
  void end(const Error& error);

 private:
  asio::awaitable<bool> write_stream(ClientStream& stream, HttpReply head);
  asio::awaitable<bool> write_whole(ClientStream& stream, HttpReply response);
  asio::awaitable<bool> send(ClientStream& stream, std::string bytes);
  std::string take_frames();
  void cut_off_if_deaf();
  void stop();
  bool is_quiet() const { return runner_.is_quiet() && resumed_.is_quiet(); }

  SessionContext& context_;
  Mailbox<SessionMessage> mailbox_;
  Outbox outbox_;
  std::unique_ptr<HttpAnswer> answer_;
  ResponseRunner runner_;
  ResumedResponses resumed_;
  bool left_ = false;
};

}  // namespace octavo
