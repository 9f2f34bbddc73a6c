#include "actors/http/response_routes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "actors/archive/find_stored.hpp"
#include "actors/session/request_log.hpp"
#include "protocol/response_events.hpp"
#include "protocol/response_list.hpp"
#include "src/core/utf8.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

HttpReply not_found(const std::string& id) {
  return error_reply(
      {Errc::kResponseNotFound, "there is no response `" + quotable(id, 128) + "`", "response_id"});
}

}  // namespace

Response* ResponseRoutes::find_running(const std::string& id, std::uint64_t tenant) const {
  const auto request = context_.request_of(id);
  return request ? context_.running.find(*request, tenant) : nullptr;
}

const StoredResponse* ResponseRoutes::find_stored(const std::string& id,
                                                  std::uint64_t tenant) const {
  return context_.store.find(id, tenant, context_.clock());
}

asio::awaitable<HttpReply> ResponseRoutes::get(std::string id, std::uint64_t tenant) const {
  if (const Response* response = find_running(id, tenant);
      response != nullptr && response->state() == ResponseState::kRunning)
    co_return json_reply(json::serialize(response_json(*response)));
  const StoredResponse* stored = find_stored(id, tenant);
  if (stored != nullptr && stored->response != nullptr)
    co_return json_reply(json::serialize(response_json(*stored->response)));
  auto finding = find_archived(context_, executor_, id, tenant);
  auto archived = co_await std::move(finding);
  if (!archived || archived->body.empty()) co_return not_found(id);
  co_return json_reply(std::move(archived->body));
}

asio::awaitable<HttpReply> ResponseRoutes::erase(std::string id, std::uint64_t tenant) const {
  bool was_there = context_.store.erase(id, tenant, context_.clock());
  if (context_.archive != nullptr) {
    const auto answers = std::make_shared<Mailbox<std::shared_ptr<bool>>>(executor_);
    context_.archive->erase(id, tenant,
                            [reply_to = answers->address()](const Result<bool>& erased) {
                              if (!erased) log_archive_fault(erased.error());
                              reply_to.send(std::make_shared<bool>(erased && *erased));
                            });
    auto answer = co_await answers->receive();
    was_there = was_there || (answer && **answer);
  }
  if (!was_there) co_return not_found(id);
  const json::object body{{"id", id}, {"object", "response"}, {"deleted", true}};
  co_return json_reply(json::serialize(body));
}

asio::awaitable<HttpReply> ResponseRoutes::input_items(std::string id, std::string target,
                                                       std::uint64_t tenant) const {
  auto finding = find_memory(context_, executor_, id, tenant);
  const auto memory = co_await std::move(finding);
  if (memory == nullptr) co_return not_found(id);
  const auto page = parse_list_page(target);
  if (!page) co_return error_reply(page.error());
  co_return json_reply(json::serialize(input_items_json(*memory, *page)));
}

// One that waits has no prompt yet: it ends as soon as it runs, so that its client sees the whole
// order of events.
void ResponseRoutes::cancel(Response& response) const {
  if (response.state() == ResponseState::kRunning)
    context_.scheduler.send(CancelRequest{response.request(), CancelReason::kClientCancelled});
  response.is_cancelled =
      response.state() != ResponseState::kRunning || !response.next_steers.empty();
}

asio::awaitable<HttpReply> ResponseRoutes::cancel(std::string id, std::uint64_t tenant) const {
  Response* response = find_running(id, tenant);
  if (response == nullptr) {
    auto getting = get(id, tenant);
    co_return co_await std::move(getting);
  }
  const auto bodies = std::make_shared<Mailbox<std::unique_ptr<std::string>>>(executor_);
  context_.running.when_gone(
      response->request(), [reply_to = bodies->address()](const Response& gone) {
        const bool has_ended = gone.state() == ResponseState::kEnded;
        std::string body = has_ended ? json::serialize(response_json(gone)) : "";
        reply_to.send(std::make_unique<std::string>(std::move(body)));
      });
  cancel(*response);
  auto body = co_await bodies->receive();
  if (!body || (*body)->empty()) co_return not_found(id);
  co_return json_reply(std::move(**body));
}

HttpReply ResponseRoutes::cancel_named(const std::string& name, std::uint64_t tenant) const {
  const auto named = context_.running.find(name, tenant);
  if (named.empty()) {
    return error_reply(
        {Errc::kResponseNotFound,
         "no request with the X-Request-Id `" + quotable(name, 128) + "` runs or waits", ""});
  }
  json::array ids;
  for (Response* response : named) {
    cancel(*response);
    ids.push_back(json::string(response->id()));
  }
  const json::object body{
      {"id", name}, {"object", "request"}, {"cancelled", true}, {"response_ids", std::move(ids)}};
  return json_reply(json::serialize(body));
}

}  // namespace octavo
