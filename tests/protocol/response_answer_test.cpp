#include "protocol/response_answer.hpp"

#include "protocol/response_events.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/encoded_answer.hpp"

using namespace octavo;
using namespace octavo::testing;
namespace json = boost::json;

TEST_CASE("a stream names each event as its body does, and ends with [DONE]") {
  const auto answer = make_response_answer(true);
  EncodedAnswer encoded(*answer, ResponseCreate{});
  encoded.hear(said("Hi", 0, FinishReason::kStop));
  encoded.end(finished(FinishReason::kStop, 2));
  std::vector<std::string> frames;
  for (std::size_t i = 0; i < encoded.frames.size(); ++i) {
    const std::string type(encoded.chunk(i).at("type").as_string());
    CHECK(encoded.frames[i].starts_with("event: " + type + "\ndata: {"));
    CHECK(encoded.frames[i].ends_with("}\n\n"));
  }
  CHECK(encoded.chunk(encoded.frames.size() - 1).at("type") == "response.completed");
  CHECK(answer->finish() == "data: [DONE]\n\n");
}

TEST_CASE("a stream that cannot begin ends with an error event") {
  const auto answer = make_response_answer(true);
  std::vector<std::string> frames;
  answer->refuse({Errc::kServerDraining, "", ""}, "", frames);
  CHECK(answer->finish().starts_with("event: error\ndata: {\"type\":\"error\",\"status\":503"));
}

TEST_CASE("a whole answer is the response of the last event, failed or not") {
  for (const FinishReason reason : {FinishReason::kStop, FinishReason::kError}) {
    const auto answer = make_response_answer(false);
    EncodedAnswer encoded(*answer, ResponseCreate{});
    encoded.hear(said("Hi", 0, reason));
    encoded.end(finished(reason, 2));
    CHECK_FALSE(answer->error());
    CHECK(json::parse(answer->finish()) == response_json(encoded.response));
  }
}
