// A stored response may be in memory or only in the file. These coroutines look in both places.
// Thread: the io thread's only. The context must outlive the coroutines.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>

#include "actors/session/session_context.hpp"

namespace octavo {

/// Looks in the file only. Nothing when the response is not there, or when there is no file.
asio::awaitable<std::optional<ResponseRecord>> find_archived(SessionContext& context,
                                                             asio::any_io_executor executor,
                                                             std::string id, std::uint64_t tenant);
/// Finds what a continuation of the response needs, in memory or else in the file. Null when
/// neither has it.
asio::awaitable<std::shared_ptr<const RememberedResponse>> find_memory(
    SessionContext& context, asio::any_io_executor executor, std::string id, std::uint64_t tenant);
/// The conversation that a request continues; null when it begins a new one. parent_id: what
/// SessionContext::parent_of() says of the request. Errors: that of parent_id;
/// kPreviousResponseNotFound.
asio::awaitable<Result<std::shared_ptr<const RememberedResponse>>> find_parent(
    SessionContext& context, asio::any_io_executor executor,
    std::optional<Result<std::string>> parent_id, std::uint64_t tenant);
/// Stores a conversation that no response of this server has ended with, as a compaction does: in
/// memory, and in the file where there is one. Errors: kIo.
asio::awaitable<Result<void>> keep_memory(SessionContext& context, asio::any_io_executor executor,
                                          std::shared_ptr<const RememberedResponse> memory);

}  // namespace octavo
