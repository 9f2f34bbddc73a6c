#include "src/app/serve/http_routes.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "protocol/error_frame.hpp"
#include "src/app/serve/accept_encoding.hpp"
#include "src/core/utf8.hpp"
#include "src/response/prompt.hpp"
#include "src/web/assets.hpp"

namespace octavo {
namespace {

namespace json = boost::json;
using HttpResponse = http::response<http::string_body>;

constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src "
    "'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for "
    "'script'; trusted-types dompurify";

HttpResponse respond(http::status status, std::string_view type, std::string body) {
  HttpResponse response(status, 11);
  response.set(http::field::server, "octavo");
  response.set(http::field::content_type, boost::beast::string_view(type.data(), type.size()));
  response.set("X-Content-Type-Options", "nosniff");
  response.body() = std::move(body);
  return response;
}

HttpResponse fail(http::status status, std::string_view message, std::string_view type,
                  std::string_view code) {
  return respond(status, "application/json", error_body(message, type, code));
}

HttpResponse page(const http::request<http::string_body>& request, const Asset& asset) {
  const auto known = request[http::field::if_none_match];
  const bool is_current = std::string_view(known.data(), known.size()) == asset.etag;
  const bool gzip = accepts_gzip(request) && !asset.gzip.empty();
  HttpResponse response =
      respond(is_current ? http::status::not_modified : http::status::ok, asset.mime,
              std::string(is_current ? std::string_view{}
                          : gzip     ? asset.gzip
                                     : asset.body));
  if (gzip && !is_current) response.set(http::field::content_encoding, "gzip");
  response.set(http::field::vary, "Accept-Encoding");
  response.set(http::field::etag, boost::beast::string_view(asset.etag.data(), asset.etag.size()));
  response.set(http::field::cache_control, "no-cache");
  response.set("Content-Security-Policy", boost::beast::string_view(kContentSecurityPolicy.data(),
                                                                    kContentSecurityPolicy.size()));
  response.set("Referrer-Policy", "no-referrer");
  response.set("Cross-Origin-Opener-Policy", "same-origin");
  return response;
}

// 0.95 rather than the 0.949999988079071 that is the float's value.
double as_written(float value) {
  std::array<char, 32> text{};
  const char* end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  double number = value;
  std::from_chars(text.data(), end, number);
  return number;
}

// The sampling of a request that leaves it open, by the wire's names of the fields.
json::object defaults_json(const ServedModel& model) {
  const auto sampling = complete_sampling(model, ResponseCreate{});
  if (!sampling) return {};
  return {{"temperature", as_written(sampling->temperature)},
          {"top_p", as_written(sampling->top_p)},
          {"top_k", sampling->top_k},
          {"min_p", as_written(sampling->min_p)},
          {"repetition_penalty", as_written(sampling->repetition_penalty)}};
}

json::object model_json(const ServedModel& model) {
  return {{"id", model.name},
          {"object", "model"},
          {"created", model.created_at},
          {"owned_by", "octavo"},
          {"max_model_len", model.max_model_len},
          {"octavo", {{"defaults", defaults_json(model)}}}};
}

json::object tier_json(const TierAudit& tier) {
  return {{"num_blocks", tier.num_blocks},
          {"num_free", tier.num_free},
          {"num_cached", tier.num_cached},
          {"num_owned", tier.num_owned},
          {"num_in_transfer", tier.num_in_transfer}};
}

HttpResponse audit_response(const std::optional<BlockAudit>& audit) {
  if (!audit) {
    return fail(http::status::service_unavailable, "the block manager does not answer",
                "server_error", "engine_error");
  }
  const json::object body{{"is_consistent", audit->is_consistent},
                          {"fault", audit->fault},
                          {"device", tier_json(audit->device)},
                          {"host", tier_json(audit->host)}};
  return respond(http::status::ok, "application/json", json::serialize(body));
}

}  // namespace

asio::awaitable<HttpResponse> HttpRoutes::operator()(Request request) const {
  const std::string_view target(request.target().data(), request.target().size());
  const std::string path(target.substr(0, target.find('?')));
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    HttpResponse response = fail(http::status::method_not_allowed, "only GET is served here",
                                 "invalid_request_error", "method_not_allowed");
    response.set(http::field::allow, "GET, HEAD");
    co_return response;
  }
  HttpResponse response;
  if (auto open = open_route(request, path)) {
    response = std::move(*open);
  } else if (api_key_of(request.base(), policy)) {
    response = co_await keyed_route(path);
  } else {
    response = fail(http::status::unauthorized,
                    "the API key is missing or wrong: send Authorization: Bearer KEY",
                    "authentication_error", "invalid_api_key");
    response.set(http::field::www_authenticate, "Bearer");
  }
  if (request.method() == http::verb::head) {
    response.content_length(response.body().size());
    response.body().clear();
  }
  co_return response;
}

std::optional<HttpResponse> HttpRoutes::open_route(const Request& request,
                                                   std::string_view path) const {
  if (path == "/health") {
    const bool healthy = status.healthy.load();
    return respond(healthy ? http::status::ok : http::status::service_unavailable,
                   "application/json", healthy ? R"({"status":"ok"})" : R"({"status":"failed"})");
  }
  if (path == "/ready") {
    if (ready.load()) return respond(http::status::ok, "application/json", R"({"status":"ready"})");
    HttpResponse response = fail(http::status::service_unavailable, "the server is shutting down",
                                 "server_error", "server_draining");
    response.set(http::field::retry_after, "1");
    return response;
  }
  if (const Asset* asset = find_asset(path)) return page(request, *asset);
  return std::nullopt;
}

asio::awaitable<HttpResponse> HttpRoutes::keyed_route(std::string path) const {
  if (path == "/debug/audit") {
    const auto audit = co_await auditor.audit();
    co_return audit_response(audit);
  }
  if (path == "/metrics") {
    // So that the gauge says what holds now.
    const auto audit = co_await auditor.audit();
    metrics.kv_cache_audit_ok().Set(audit && audit->is_consistent ? 1 : 0);
    co_return respond(http::status::ok, "text/plain; version=0.0.4; charset=utf-8",
                      metrics.text(status));
  }
  if (path == "/v1/models" || path.substr(0, 11) == "/v1/models/") co_return models(path);
  if (path == "/v1/responses") {
    HttpResponse response =
        fail(http::status::upgrade_required, "this endpoint speaks WebSocket: send an Upgrade",
             "invalid_request_error", "upgrade_required");
    response.set(http::field::upgrade, "websocket");
    response.set(http::field::connection, "Upgrade");
    co_return response;
  }
  co_return fail(http::status::not_found, "there is nothing at " + quotable(path, 256), "not_found",
                 "not_found");
}

HttpResponse HttpRoutes::models(std::string_view path) const {
  if (path == "/v1/models") {
    const json::object list{{"object", "list"}, {"data", json::array{model_json(model)}}};
    return respond(http::status::ok, "application/json", json::serialize(list));
  }
  if (path.substr(11) == model.name)
    return respond(http::status::ok, "application/json", json::serialize(model_json(model)));
  return fail(http::status::not_found, "this model is not served here: see /v1/models", "not_found",
              "model_not_found");
}

}  // namespace octavo
