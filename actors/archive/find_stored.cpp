#include "actors/archive/find_stored.hpp"

#include "actors/session/request_log.hpp"

namespace octavo {

asio::awaitable<std::optional<ResponseRecord>> find_archived(SessionContext& context,
                                                             asio::any_io_executor executor,
                                                             std::string id, std::uint64_t tenant) {
  if (context.archive == nullptr) co_return std::nullopt;
  using Found = std::shared_ptr<std::optional<ResponseRecord>>;
  const auto answers = std::make_shared<Mailbox<Found>>(executor);
  const auto answer_with = [reply_to = answers->address()](auto found) {
    if (!found) log_archive_fault(found.error());
    reply_to.send(
        std::make_shared<std::optional<ResponseRecord>>(found ? std::move(*found) : std::nullopt));
  };
  context.archive->find(std::move(id), tenant, answer_with);
  auto answer = co_await answers->receive();
  if (!answer) co_return std::nullopt;
  co_return std::move(**answer);
}

asio::awaitable<std::shared_ptr<const RememberedResponse>> find_memory(
    SessionContext& context, asio::any_io_executor executor, std::string id, std::uint64_t tenant) {
  const StoredResponse* stored = context.store.find(id, tenant, context.clock());
  if (stored != nullptr) co_return stored->memory;
  auto finding = find_archived(context, std::move(executor), std::move(id), tenant);
  auto archived = co_await std::move(finding);
  co_return archived ? archived->memory : nullptr;
}

asio::awaitable<Result<std::shared_ptr<const RememberedResponse>>> find_parent(
    SessionContext& context, asio::any_io_executor executor,
    std::optional<Result<std::string>> parent_id, std::uint64_t tenant) {
  if (!parent_id) co_return std::shared_ptr<const RememberedResponse>();
  if (!*parent_id) co_return parent_id->error();
  auto finding = find_memory(context, std::move(executor), **parent_id, tenant);
  auto memory = co_await std::move(finding);
  if (memory == nullptr) co_return previous_response_not_found(**parent_id);
  co_return memory;
}

asio::awaitable<Result<void>> keep_memory(SessionContext& context, asio::any_io_executor executor,
                                          std::shared_ptr<const RememberedResponse> memory) {
  context.store.put({memory, nullptr}, context.clock());
  if (context.archive == nullptr) co_return Result<void>();
  const auto answers = std::make_shared<Mailbox<std::shared_ptr<Result<void>>>>(executor);
  const auto answer_with = [reply_to = answers->address()](const Result<void>& written) {
    reply_to.send(std::make_shared<Result<void>>(written));
  };
  ResponseRecord record{memory->id, memory->settings.tenant, "", memory};
  context.archive->put(std::move(record), answer_with);
  auto answer = co_await answers->receive();
  co_return answer ? **answer : Result<void>(Error{Errc::kServerDraining, "", ""});
}

}  // namespace octavo
