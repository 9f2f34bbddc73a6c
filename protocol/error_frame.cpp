#include "protocol/error_frame.hpp"

#include <algorithm>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string>

#include "src/core/utf8.hpp"

namespace octavo {

namespace json = boost::json;

int http_status(Errc code) {
  switch (code) {
    case Errc::kInvalidApiKey:
      return 401;
    case Errc::kModelNotFound:
    case Errc::kResponseNotFound:
      return 404;
    case Errc::kResumeWindowExceeded:
      return 410;
    case Errc::kQueueFull:
    case Errc::kRateLimited:
      return 429;
    case Errc::kServerDraining:
      return 503;
    case Errc::kDeadlineExceeded:
      return 504;
    case Errc::kEngineError:
    case Errc::kOutOfMemory:
    case Errc::kIo:
    case Errc::kInvalidFile:
    case Errc::kUnsupportedModel:
      return 500;
    default:
      return 400;
  }
}

std::string_view error_type(Errc code) { return error_type_of(http_status(code)); }

std::string_view error_type_of(int http_status) {
  switch (http_status) {
    case 401:
      return "authentication_error";
    case 404:
      return "not_found";
    case 429:
      return "too_many_requests";
    case 500:
    case 503:
    case 504:
      return "server_error";
    default:
      return "invalid_request_error";
  }
}

namespace {

json::object error_json(const Error& error) {
  json::object body{{"type", error_type(error.code)},
                    {"code", wire_code(error.code)},
                    {"message", replace_broken_utf8(error.message())}};
  if (error.param.empty())
    body["param"] = nullptr;
  else
    body["param"] = replace_broken_utf8(error.param);
  return body;
}

}  // namespace

std::optional<std::int64_t> retry_after_of(const Error& error) {
  switch (error.code) {
    case Errc::kQueueFull:
    case Errc::kRateLimited:
    case Errc::kServerDraining:
      return std::max<std::int64_t>(1, error.retry_after_s);
    default:
      return std::nullopt;
  }
}

std::string error_frame(const Error& error, std::string_view stream_id) {
  json::object frame{{"type", "error"}, {"status", http_status(error.code)}};
  if (!stream_id.empty()) frame["stream_id"] = stream_id;
  json::object body = error_json(error);
  if (const auto seconds = retry_after_of(error))
    body["headers"] = {{"retry-after", std::to_string(*seconds)}};
  frame["error"] = std::move(body);
  return json::serialize(frame);
}

std::string error_body(const Error& error) {
  return json::serialize(json::object{{"error", error_json(error)}});
}

std::string error_body(std::string_view message, std::string_view type, std::string_view code) {
  return json::serialize(json::object{{"error",
                                       {{"message", replace_broken_utf8(message)},
                                        {"type", type},
                                        {"param", nullptr},
                                        {"code", code}}}});
}

}  // namespace octavo
