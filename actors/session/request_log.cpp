#include "actors/session/request_log.hpp"

#include <spdlog/spdlog.h>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

namespace octavo {

void log_ended(const Response& response, std::chrono::nanoseconds e2e) {
  const RequestFinished& finished = response.end().finished;
  const bool has_failed =
      finished.reason == FinishReason::kError || finished.reason == FinishReason::kDeadline;
  spdlog::log(has_failed ? spdlog::level::warn : spdlog::level::debug,
              "request: id={} lane=\"{}\" reason={} code={} prompt_tokens={} cached_tokens={} "
              "output_tokens={} queue_ms={:.1f} ttft_ms={:.1f} e2e_ms={:.1f} preemptions={}",
              response.id(), response.create().stream_id, name_of(finished.reason),
              finished.error ? wire_code(finished.error->code) : "-",
              finished.usage.num_prompt_tokens, finished.usage.num_cached_tokens,
              finished.usage.num_completion_tokens,
              static_cast<double>(finished.timings.queue.count()) / 1e6,
              static_cast<double>(finished.timings.ttft.count()) / 1e6,
              static_cast<double>(e2e.count()) / 1e6, finished.num_preemptions);
}

void log_aborted(const Response& response, CancelReason reason) {
  spdlog::debug("request: id={} lane=\"{}\" reason=abort cause={} output_tokens={}", response.id(),
                response.create().stream_id, name_of(reason), response.num_completion_tokens());
}

void log_refused(const Error& error, std::string_view stream_id) {
  spdlog::debug("session: refused code={} param=\"{}\" lane=\"{}\"", wire_code(error.code),
                error.param, stream_id);
}

void log_archive_fault(const Error& error) { spdlog::error("archive: {}", error.message()); }

void log_unknown(const std::vector<std::string>& fields) {
  for (const std::string& field : fields)
    spdlog::warn("session: ignored unknown field={}",
                 boost::json::serialize(boost::json::string(field)));
}

}  // namespace octavo
