#include "src/app/serve/http_routes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "protocol/cors.hpp"
#include "protocol/error_frame.hpp"
#include "protocol/http_error.hpp"
#include "protocol/http_route.hpp"
#include "protocol/request_path.hpp"
#include "src/app/serve/accept_encoding.hpp"
#include "src/app/serve/conditions.hpp"
#include "src/app/version.hpp"
#include "src/core/utf8.hpp"
#include "src/response/prompt.hpp"
#include "src/web/assets.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kAuditAge(1);

constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src "
    "'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for "
    "'script'; trusted-types dompurify";

HttpReply fail(http::status status, std::string_view message, std::string_view type,
               std::string_view code) {
  return make_reply(status, "application/json", error_body(message, type, code));
}

HttpReply refuse_method(std::string_view methods) {
  HttpReply response =
      fail(http::status::method_not_allowed, "only " + std::string(methods) + " are served here",
           "invalid_request_error", "method_not_allowed");
  response.set(http::field::allow, boost::beast::string_view(methods.data(), methods.size()));
  return response;
}

// Another coding is another form of the file, and has a tag of its own (RFC 9110, section 8.8.3.3).
std::string tag_of(const Asset& asset, Coding coding) {
  std::string tag(asset.etag);
  if (coding == Coding::kGzip) tag.insert(tag.size() - 1, "-gzip");
  return tag;
}

std::optional<Coding> coding_of(const http::request<http::string_body>& request,
                                const Asset& asset) {
  if (!asset.gzip.empty()) return coding_for(request);
  if (accepts_identity(request)) return Coding::kIdentity;
  return std::nullopt;
}

HttpReply file(const Asset& asset, Coding coding, std::string_view tag) {
  const bool is_packed = coding == Coding::kGzip;
  HttpReply response =
      make_reply(http::status::ok, asset.mime, std::string(is_packed ? asset.gzip : asset.body));
  if (is_packed) response.set(http::field::content_encoding, "gzip");
  response.set(http::field::etag, boost::beast::string_view(tag.data(), tag.size()));
  return response;
}

HttpReply page(const http::request<http::string_body>& request, const Asset& asset) {
  const auto coding = coding_of(request, asset);
  HttpReply response;
  if (!coding) {
    response = fail(http::status::not_acceptable, "this is served as it is or with gzip",
                    "invalid_request_error", "not_acceptable");
  } else {
    const std::string tag = tag_of(asset, *coding);
    const Condition condition = condition_of(request, tag);
    response = condition == Condition::kFailed
                   ? fail(http::status::precondition_failed, "this is another version by now",
                          "invalid_request_error", "precondition_failed")
                   : file(asset, *coding, tag);
    if (condition == Condition::kNotModified) {
      response.result(http::status::not_modified);
      response.erase(http::field::content_encoding);
      response.body().clear();
    }
  }
  response.set(http::field::vary, "Accept-Encoding");
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

json::object model_json(const ServedModel& model, std::string_view name) {
  return {{"id", name},
          {"object", "model"},
          {"created", model.created_at},
          {"owned_by", "octavo"},
          {"root", model.root},  // As vLLM has it: its benchmark takes the tokenizer from there.
          {"parent", nullptr},
          {"max_model_len", model.max_model_len},
          {"octavo", {{"defaults", defaults_json(model)}}}};
}

HttpReply upgrade_required() {
  HttpReply response =
      fail(http::status::upgrade_required,
           "a GET of /v1/responses is for WebSockets: send an Upgrade, or POST a request",
           "invalid_request_error", "upgrade_required");
  response.set(http::field::upgrade, "websocket");
  response.set(http::field::connection, "Upgrade");
  return response;
}

json::object tier_json(const TierAudit& tier) {
  return {{"num_blocks", tier.num_blocks},
          {"num_free", tier.num_free},
          {"num_cached", tier.num_cached},
          {"num_owned", tier.num_owned},
          {"num_in_transfer", tier.num_in_transfer}};
}

HttpReply audit_response(const std::optional<BlockAudit>& audit) {
  if (!audit) {
    return fail(http::status::service_unavailable, "the block manager does not answer",
                "server_error", "engine_error");
  }
  const json::object body{{"is_consistent", audit->is_consistent},
                          {"fault", audit->fault},
                          {"device", tier_json(audit->device)},
                          {"host", tier_json(audit->host)}};
  return make_reply(http::status::ok, "application/json", json::serialize(body));
}

}  // namespace

asio::awaitable<HttpReply> HttpRoutes::operator()(Request request) const {
  const http::request_header<> head = request.base();
  auto answering = answer(std::move(request));
  HttpReply response = co_await std::move(answering);
  allow_origin(head, policy, response.base());
  if (head.method() == http::verb::head) {
    response.content_length(response.body().size());
    response.body().clear();
  }
  co_return response;
}

asio::awaitable<HttpReply> HttpRoutes::answer(Request request) const {
  const auto path = decoded_path({request.target().data(), request.target().size()});
  if (!path)
    co_return refusal_response({http::status::bad_request, "the path has a broken % escape"});
  const HttpRoute route = route_of(*path);
  const auto caller = caller_of(request.base(), policy);
  HttpReply response;
  if (request.method() == http::verb::options) {
    response = make_reply(http::status::no_content);
    const bool is_server = *path == "*";  // What there is anywhere on it.
    allow_methods(request.base(), policy,
                  is_server ? "GET, HEAD, POST, DELETE, OPTIONS" : route.methods, response.base());
  } else if (!route.allows({request.method_string().data(), request.method_string().size()})) {
    response = refuse_method(route.methods);
  } else if (route.is_open || find_asset(*path) != nullptr) {
    response = open_route(request, route.name, *path);
  } else if (caller && route.name == RouteName::kUsage) {
    response = usage(*caller);
  } else if (caller) {
    const std::uint64_t tenant = tenant_of(sessions.hash_key, caller->api_key);
    auto answering = keyed_route(std::move(request), route, *path, tenant);
    response = co_await std::move(answering);
  } else {
    response = refusal_response(missing_key());
  }
  co_return response;
}

// What whoever asks may know.
HttpReply HttpRoutes::open_route(const Request& request, RouteName route,
                                 std::string_view path) const {
  if (route == RouteName::kHealth) {
    if (status.is_alive(sessions.clock())) return json_reply(R"({"status":"ok"})");
    return make_reply(http::status::service_unavailable, "application/json",
                      status.healthy.load() ? R"({"status":"stuck"})" : R"({"status":"failed"})");
  }
  if (route == RouteName::kVersion) {
    json::object told{{"version", version()}};
    if (!commit().empty()) told["commit"] = commit();
    return json_reply(json::serialize(told));
  }
  if (route == RouteName::kNone) return page(request, *find_asset(path));
  if (ready.load() && status.is_stuck(sessions.clock()))
    return fail(http::status::service_unavailable, "the engine does not answer", "server_error",
                "engine_error");
  if (ready.load()) return json_reply(R"({"status":"ready"})");
  HttpReply response = fail(http::status::service_unavailable, "the server is shutting down",
                            "server_error", "server_draining");
  response.set(http::field::retry_after, "1");
  return response;
}

asio::awaitable<HttpReply> HttpRoutes::keyed_route(Request request, HttpRoute route,
                                                   std::string path, std::uint64_t tenant) const {
  const std::string target(request.target());
  switch (route.name) {
    case RouteName::kAudit: {
      const auto audit = co_await auditor.audit();
      co_return audit_response(audit);
    }
    case RouteName::kMetrics: {
      auto asking = auditor.recent(kAuditAge, sessions.clock());
      const auto audit = co_await std::move(asking);
      co_return metrics_page(audit);
    }
    case RouteName::kModels:
      co_return models();
    case RouteName::kModel:
      co_return model_named(route.argument);
    case RouteName::kResponses:
      co_return upgrade_required();
    case RouteName::kResponse:
    case RouteName::kResponseInputItems: {
      auto answering = route.name == RouteName::kResponseInputItems
                           ? responses.input_items(route.argument, target, tenant)
                       : request.method() == http::verb::delete_
                           ? responses.erase(route.argument, tenant)
                           : responses.get(route.argument, tenant);
      co_return co_await std::move(answering);
    }
    case RouteName::kResponseCancel: {
      auto cancelling = responses.cancel(route.argument, tenant);
      co_return co_await std::move(cancelling);
    }
    case RouteName::kResponseCompact: {
      auto answering = compact.answer(std::move(request.body()), tenant);
      co_return co_await std::move(answering);
    }
    case RouteName::kRequest:
      co_return responses.cancel_named(route.argument, tenant);
    case RouteName::kResponseInputTokens:
    case RouteName::kTokenize:
    case RouteName::kDetokenize:
    case RouteName::kChatRender:
    case RouteName::kCompletionRender: {
      auto answering = prompts.answer(route.name, std::move(request.body()), tenant);
      co_return co_await std::move(answering);
    }
    default:
      co_return refusal_response(
          {http::status::not_found, "there is nothing at " + quotable(path, 256), "not_found"});
  }
}

// So that the gauge says what holds now, or held a moment ago.
HttpReply HttpRoutes::metrics_page(const std::optional<BlockAudit>& audit) const {
  metrics.kv_cache_audit_ok().Set(audit && audit->is_consistent ? 1 : 0);
  if (num_log_lines_dropped)
    metrics.set_log_lines_dropped(static_cast<double>(num_log_lines_dropped()));
  return make_reply(http::status::ok, "text/plain; version=0.0.4; charset=utf-8",
                    metrics.text(status, policy.keys.accounts()));
}

HttpReply HttpRoutes::usage(const Caller& caller) const {
  const std::uint64_t tenant = tenant_of(sessions.hash_key, caller.api_key);
  const auto num_active = static_cast<std::int64_t>(sessions.running.num_of(tenant));
  return json_reply(usage_body(*caller.account, num_active, sessions.clock()));
}

HttpReply HttpRoutes::models() const {
  json::array data{model_json(model, model.name)};
  for (const std::string& alias : model.aliases) data.push_back(model_json(model, alias));
  const json::object list{{"object", "list"}, {"data", std::move(data)}};
  return json_reply(json::serialize(list));
}

HttpReply HttpRoutes::model_named(std::string_view name) const {
  if (model.is_called(name)) return json_reply(json::serialize(model_json(model, name)));
  return fail(http::status::not_found, "this model is not served here: see /v1/models", "not_found",
              "model_not_found");
}

}  // namespace octavo
