#include "src/app/serve/http_routes.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "protocol/cors.hpp"
#include "protocol/error_frame.hpp"
#include "protocol/http_error.hpp"
#include "protocol/request_path.hpp"
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

constexpr std::string_view kSpeaksWebSocket =
    "Octavo speaks WebSocket: connect to GET /v1/responses with an Upgrade and send "
    "response.create; requests over HTTP with an answer in text are not served";

/// Where clients of other servers ask for text.
bool is_for_text(std::string_view path) {
  constexpr std::array<std::string_view, 5> kPaths{
      "/v1/responses", "/v1/chat/completions", "/v1/completions", "/v1/messages", "/v1/embeddings"};
  return std::ranges::any_of(kPaths, [&](std::string_view known) {
    return path == known || (path.starts_with(known) && path[known.size()] == '/');
  });
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

// The sampling of a request that leaves it open, by the wire's names of the fields.
json::object defaults_json(const ServedModel& model) {
  const auto sampling = complete_sampling(model, ResponseCreate{});
  if (!sampling) return {};
  return {{"temperature", sampling->temperature},
          {"top_p", sampling->top_p},
          {"top_k", sampling->top_k},
          {"min_p", sampling->min_p},
          {"repetition_penalty", sampling->repetition_penalty}};
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
  const auto path = decoded_path({request.target().data(), request.target().size()});
  HttpResponse response;
  if (!path) {
    response = refusal_response({http::status::bad_request, "the path has a broken % escape"});
  } else if (auto answer = refuse_method(request, *path)) {
    response = std::move(*answer);
  } else if (auto open = open_route(request, *path)) {
    response = std::move(*open);
  } else if (api_key_of(request.base(), policy)) {
    response = co_await keyed_route(*path);
  } else {
    response = refusal_response(missing_key());
  }
  allow_origin(request.base(), policy, response.base());
  if (request.method() == http::verb::head) {
    response.content_length(response.body().size());
    response.body().clear();
  }
  co_return response;
}

// Whatever is not asked for by GET or HEAD; OPTIONS asks what may be.
std::optional<HttpResponse> HttpRoutes::refuse_method(const Request& request,
                                                      std::string_view path) const {
  if (request.method() == http::verb::get || request.method() == http::verb::head)
    return std::nullopt;
  if (request.method() == http::verb::options) {
    HttpResponse response(http::status::no_content, 11);
    response.set(http::field::server, "octavo");
    allow_methods(request.base(), policy, response.base());
    return response;
  }
  HttpResponse response = fail(http::status::method_not_allowed,
                               is_for_text(path) ? kSpeaksWebSocket : "only GET is served here",
                               "invalid_request_error", "method_not_allowed");
  response.set(http::field::allow, "GET, HEAD, OPTIONS");
  return response;
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
    HttpResponse response = fail(http::status::upgrade_required, kSpeaksWebSocket,
                                 "invalid_request_error", "upgrade_required");
    response.set(http::field::upgrade, "websocket");
    response.set(http::field::connection, "Upgrade");
    co_return response;
  }
  co_return refusal_response(
      {http::status::not_found, is_for_text(path) ? std::string(kSpeaksWebSocket)
                                                  : "there is nothing at " + quotable(path, 256)});
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
