#include "protocol/trace_parent.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kGood = "00-" + kTrace + "-00f067aa0ba902b7-01";

std::string with(std::size_t at, char c) {
  std::string text = kGood;
  text[at] = c;
  return text;
}

}  // namespace

TEST_CASE("the id of a trace is the second field of traceparent") {
  CHECK(trace_id_of(kGood) == kTrace);
  CHECK(trace_id_of(with(54, '0')) == kTrace);
}

TEST_CASE("a version of the future is read as far as it is known") {
  std::string future = kGood;
  future[1] = '1';
  CHECK(trace_id_of(future) == kTrace);
  CHECK(trace_id_of(future + "-what-will-be") == kTrace);
  CHECK(trace_id_of(future + "x").empty());
}

TEST_CASE("a header that is no traceparent counts as none") {
  CHECK(trace_id_of("").empty());
  CHECK(trace_id_of(kGood + "-more").empty());
  CHECK(trace_id_of(kGood.substr(0, 54)).empty());
  CHECK(trace_id_of("ff" + kGood.substr(2)).empty());
  CHECK(trace_id_of("00-" + std::string(32, '0') + "-00f067aa0ba902b7-01").empty());
  CHECK(trace_id_of("00-" + kTrace + "-" + std::string(16, '0') + "-01").empty());
  for (const std::size_t at : {0U, 2U, 3U, 20U, 35U, 40U, 52U, 54U}) {
    CAPTURE(at);
    CHECK(trace_id_of(with(at, 'g')).empty());
    CHECK(trace_id_of(with(at, 'A')).empty());
  }
}

TEST_CASE("two headers are ambiguous and count as none") {
  boost::beast::http::fields head;
  CHECK(trace_id_of(head).empty());
  head.insert("Traceparent", kGood);
  CHECK(trace_id_of(head) == kTrace);
  head.insert("traceparent", kGood);
  CHECK(trace_id_of(head).empty());
}
