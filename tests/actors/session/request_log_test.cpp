#include "actors/session/request_log.hpp"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <sstream>

#include "tests/support/catch.hpp"
#include "tests/support/running_response.hpp"

using namespace octavo;
using namespace octavo::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// What is logged while it lives, from this level on, as "level message" lines.
class Log {
 public:
  explicit Log(spdlog::level::level_enum level) : before_(spdlog::default_logger()) {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(lines_);
    sink->set_pattern("%l %v");
    auto logger = std::make_shared<spdlog::logger>("test", std::move(sink));
    logger->set_level(level);
    spdlog::set_default_logger(std::move(logger));
  }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log() { spdlog::set_default_logger(before_); }

  std::string text() const { return lines_.str(); }

 private:
  std::shared_ptr<spdlog::logger> before_;
  std::ostringstream lines_;
};

Response ended(FinishReason reason, std::optional<Error> error = {}) {
  ResponseCreate create;
  create.stream_id = "lane-1";
  Response response = running_response(create);
  std::vector<ResponseEvent> events;
  response.append(said("Hi", 0, reason), false, events);
  RequestFinished finished;
  finished.request = RequestId{1};
  finished.reason = reason;
  finished.error = std::move(error);
  finished.usage.num_prompt_tokens = 1;
  response.finish(finished, 1700000001);
  return response;
}

}  // namespace

TEST_CASE("a request that ends leaves one line, with its counts and times") {
  const Log log(spdlog::level::info);
  log_ended(ended(FinishReason::kLength), std::chrono::milliseconds(1500));
  CHECK_THAT(log.text(), StartsWith("info request: id=resp_1 lane=\"lane-1\" reason=length code=- "
                                    "prompt_tokens=1 cached_tokens=0 output_tokens=2 "));
  CHECK_THAT(log.text(), Contains(" e2e_ms=1500.0 "));
  CHECK(std::ranges::count(log.text(), '\n') == 1);
}

TEST_CASE("a request is found by the names that its client gave it") {
  const Log log(spdlog::level::info);
  ResponseCreate create;
  create.request_name = "my \"first\"";
  create.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  log_aborted(running_response(create), CancelReason::kClientGone);
  CHECK_THAT(log.text(), Contains(" trace_id=4bf92f3577b34da6a3ce929d0e0e4736 "));
  CHECK_THAT(log.text(), Contains(" request_id=\"my "));
  CHECK(std::ranges::count(log.text(), '\n') == 1);
}

TEST_CASE("one that the server ended by itself is a warning, with the code of the error") {
  const Log log(spdlog::level::warn);
  log_ended(ended(FinishReason::kStop), std::chrono::milliseconds(1));
  CHECK(log.text().empty());
  log_ended(ended(FinishReason::kError, Error{Errc::kEngineError, "secret words", ""}),
            std::chrono::milliseconds(1));
  CHECK_THAT(log.text(), StartsWith("warning request: id=resp_1 "));
  CHECK_THAT(log.text(), Contains(" code=engine_error ") && !Contains("secret words"));
}

TEST_CASE("who has left and what was refused is told by ids, codes and numbers") {
  const Log log(spdlog::level::debug);
  log_aborted(running_response({}), CancelReason::kClientGone);
  log_refused(Error{Errc::kInvalidValue, "`Tell me` is too long", "input"}, "lane-1");
  CHECK_THAT(log.text(), Contains("info request: id=resp_1 lane=\"\" reason=abort cause="));
  CHECK_THAT(log.text(), Contains("debug session: refused code=invalid_value param=\"input\" "
                                  "lane=\"lane-1\"") &&
                             !Contains("Tell me"));
}

TEST_CASE("a member that no event has is one warning, whatever its name does to a line") {
  const Log log(spdlog::level::warn);
  log_unknown({"a\nb", "c"});
  CHECK(log.text() ==
        "warning session: ignored unknown field=\"a\\nb\"\n"
        "warning session: ignored unknown field=\"c\"\n");
}
