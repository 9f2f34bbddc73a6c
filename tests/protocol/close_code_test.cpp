#include "protocol/close_code.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("codes are those of the registry, which clients take for reasons to come back") {
  struct Case {
    CloseCode code;
    int number;
  };
  const auto [code, number] =
      GENERATE(Case{CloseCode::kNormal, 1000}, Case{CloseCode::kGoingAway, 1001},
               Case{CloseCode::kProtocolError, 1002}, Case{CloseCode::kBinaryFrame, 1003},
               Case{CloseCode::kBadUtf8, 1007}, Case{CloseCode::kPolicy, 1008},
               Case{CloseCode::kTooBig, 1009}, Case{CloseCode::kInternal, 1011},
               Case{CloseCode::kRestart, 1012}, Case{CloseCode::kTryAgainLater, 1013});
  CHECK(static_cast<int>(code) == number);
}
