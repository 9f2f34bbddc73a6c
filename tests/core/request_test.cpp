#include "src/core/request.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("every reason for an end has the name that a client reads") {
  struct Case {
    FinishReason reason;
    std::string_view name;
  };
  const auto each = GENERATE(values<Case>({{FinishReason::kStop, "stop"},
                                           {FinishReason::kLength, "length"},
                                           {FinishReason::kSteered, "steered"},
                                           {FinishReason::kCancelled, "cancelled"},
                                           {FinishReason::kDeadline, "deadline"},
                                           {FinishReason::kError, "error"}}));
  CHECK(name_of(each.reason) == each.name);
}

TEST_CASE("every reason for a cancel has a name of its own") {
  struct Case {
    CancelReason reason;
    std::string_view name;
  };
  const auto each = GENERATE(values<Case>({{CancelReason::kClientGone, "client_gone"},
                                           {CancelReason::kClientCancelled, "client_cancelled"},
                                           {CancelReason::kStopMatched, "stop_matched"},
                                           {CancelReason::kSlowConsumer, "slow_consumer"},
                                           {CancelReason::kDeadline, "deadline"},
                                           {CancelReason::kShutdown, "shutdown"},
                                           {CancelReason::kSteered, "steered"}}));
  CHECK(name_of(each.reason) == each.name);
}

TEST_CASE("a value beyond the reasons has a name that is none of theirs") {
  CHECK(name_of(static_cast<FinishReason>(6)) == "?");
  CHECK(name_of(static_cast<CancelReason>(7)) == "?");
}
