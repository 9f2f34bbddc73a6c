#include "actors/http/response_routes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

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

HttpReply ResponseRoutes::get(const std::string& id, std::uint64_t tenant) const {
  if (const Response* response = find_running(id, tenant);
      response != nullptr && response->state() == ResponseState::kRunning)
    return json_reply(json::serialize(response_json(*response)));
  const StoredResponse* stored = find_stored(id, tenant);
  if (stored == nullptr) return not_found(id);
  return json_reply(json::serialize(response_json(*stored->response)));
}

HttpReply ResponseRoutes::erase(const std::string& id, std::uint64_t tenant) const {
  if (!context_.store.erase(id, tenant, context_.clock())) return not_found(id);
  const json::object body{{"id", id}, {"object", "response"}, {"deleted", true}};
  return json_reply(json::serialize(body));
}

HttpReply ResponseRoutes::input_items(const std::string& id, std::string_view target,
                                      std::uint64_t tenant) const {
  const StoredResponse* stored = find_stored(id, tenant);
  if (stored == nullptr) return not_found(id);
  const auto page = parse_list_page(target);
  if (!page) return error_reply(page.error());
  return json_reply(json::serialize(input_items_json(*stored->memory, *page)));
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
  if (response == nullptr) co_return get(id, tenant);
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
