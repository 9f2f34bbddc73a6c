// A conversation is kept as it is, with its tokens, under a handle that stands for it: nothing of
// it is lost, and what was computed of it is found again. Thread: the io thread's only.
#pragma once

#include "actors/session/session_context.hpp"
#include "protocol/http_error.hpp"

namespace octavo {

class CompactRoute {
 public:
  /// The context outlives the route, and the route its coroutines.
  CompactRoute(SessionContext& context, asio::any_io_executor executor)
      : context_(context), executor_(std::move(executor)) {}

  asio::awaitable<HttpReply> answer(std::string body, std::uint64_t tenant) const;

 private:
  using Made = std::shared_ptr<Result<RememberedResponse>>;
  asio::awaitable<Made> prepare(std::shared_ptr<const ResponseCreate> create,
                                std::shared_ptr<const RememberedResponse> parent,
                                std::uint64_t tenant) const;

  SessionContext& context_;
  asio::any_io_executor executor_;
};

}  // namespace octavo
