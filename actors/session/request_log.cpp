#include "actors/session/request_log.hpp"

#include <spdlog/spdlog.h>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include "src/core/utf8.hpp"

namespace octavo {

namespace {

/// Quotes a text that a client sent, so that it cannot be read as another part of the line.
std::string in_quotes(std::string_view text) {
  return boost::json::serialize(boost::json::string(quotable(text, 128)));
}

/// The names of a request with which its line of the log begins: ours, and those that its client
/// gave it.
std::string names_of(const Response& response) {
  const ResponseCreate& create = response.create();
  std::string names = "id=" + response.id();
  if (!create.request_name.empty()) names += " request_id=" + in_quotes(create.request_name);
  if (!create.trace_id.empty()) names += " trace_id=" + create.trace_id;
  return names + " lane=" + in_quotes(create.stream_id);
}

double milliseconds(std::chrono::nanoseconds duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

}  // namespace

void log_ended(const Response& response, std::chrono::nanoseconds e2e) {
  const RequestFinished& finished = response.end().finished;
  spdlog::log(is_failure(finished.reason) ? spdlog::level::warn : spdlog::level::info,
              "request: {} reason={} code={} prompt_tokens={} cached_tokens={} output_tokens={} "
              "queue_ms={:.1f} ttft_ms={:.1f} e2e_ms={:.1f} preemptions={}",
              names_of(response), name_of(finished.reason),
              finished.error ? wire_code(finished.error->code) : "-",
              finished.usage.num_prompt_tokens, finished.usage.num_cached_tokens,
              finished.usage.num_completion_tokens, milliseconds(finished.timings.queue),
              milliseconds(finished.timings.ttft), milliseconds(e2e), finished.num_preemptions);
}

void log_aborted(const Response& response, CancelReason reason) {
  spdlog::info("request: {} reason=abort cause={} output_tokens={}", names_of(response),
               name_of(reason), response.num_completion_tokens());
}

void log_refused(const Error& error, std::string_view stream_id) {
  spdlog::debug("session: refused code={} param={} lane={}", wire_code(error.code),
                in_quotes(error.param), in_quotes(stream_id));
}

void log_archive_fault(const Error& error) { spdlog::error("archive: {}", error.message()); }

void log_unknown(const std::vector<std::string>& fields) {
  for (const std::string& field : fields)
    spdlog::warn("session: ignored unknown field={}",
                 boost::json::serialize(boost::json::string(field)));
}

}  // namespace octavo
