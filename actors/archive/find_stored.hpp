// A stored response wherever it is: in memory, or in the file. Thread: the io thread's only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>

#include "actors/session/session_context.hpp"

namespace octavo {

/// From the file alone; nothing where it is not there either.
asio::awaitable<std::optional<ResponseRecord>> find_archived(SessionContext& context,
                                                             asio::any_io_executor executor,
                                                             std::string id, std::uint64_t tenant);
/// What a continuation needs; null where it is nowhere. The context outlives the coroutine.
asio::awaitable<std::shared_ptr<const RememberedResponse>> find_memory(
    SessionContext& context, asio::any_io_executor executor, std::string id, std::uint64_t tenant);
/// Keeps a memory that no response has made, in the file too where there is one. Errors: kIo.
asio::awaitable<Result<void>> keep_memory(SessionContext& context, asio::any_io_executor executor,
                                          std::shared_ptr<const RememberedResponse> memory);

}  // namespace octavo
