#include "protocol/response_stream.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include "src/core/utf8.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

ResponseCreate create_of(std::int32_t n = 1) {
  ResponseCreate create;
  create.stream_id = "main";
  create.sampling.n = n;
  return create;
}

ResponseStream stream_of(const ResponseCreate& create) {
  return ResponseStream("resp_1", "m", 1700000000, create);
}

json::object parsed(const std::string& frame) { return json::parse(frame).as_object(); }

std::vector<std::string> whole(ResponseStream& stream, FinishReason reason) {
  std::vector<std::string> frames{stream.created(), stream.in_progress()};
  stream.begin_choice(0, frames);
  frames.push_back(stream.delta(0, "Hi", {}));
  frames.push_back(stream.delta(0, " there", {}));
  stream.end_choice(0, reason, frames);
  ResponseEnd end;
  end.reason = reason;
  end.usage = {5, 2, 3};
  end.completed_at = 1700000009;
  frames.push_back(stream.end(end));
  return frames;
}

json::object end_of(const ResponseEnd& end) {
  ResponseStream stream = stream_of(create_of());
  return parsed(stream.end(end));
}

}  // namespace

TEST_CASE("the events of a response come in the standard's order, numbered from 0") {
  ResponseStream stream = stream_of(create_of());
  const auto frames = whole(stream, FinishReason::kStop);
  const std::vector<std::string> order{"response.created",           "response.in_progress",
                                       "response.output_item.added", "response.content_part.added",
                                       "response.output_text.delta", "response.output_text.delta",
                                       "response.output_text.done",  "response.content_part.done",
                                       "response.output_item.done",  "response.completed"};
  REQUIRE(frames.size() == order.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto event = parsed(frames[i]);
    CHECK(json::value_to<std::string>(event.at("type")) == order[i]);
    CHECK(event.at("sequence_number") == static_cast<std::int64_t>(i));
    CHECK(event.at("stream_id") == "main");
  }
}

TEST_CASE("the end carries the text, usage and timings") {
  ResponseStream stream = stream_of(create_of());
  const auto frames = whole(stream, FinishReason::kStop);
  const auto response = parsed(frames.back()).at("response").as_object();
  CHECK(response.at("id") == "resp_1");
  CHECK(response.at("status") == "completed");
  CHECK(response.at("completed_at") == 1700000009);
  CHECK(response.at("output").at(0).at("content").at(0).at("text") == "Hi there");
  CHECK(response.at("output").at(0).at("status") == "completed");
  CHECK(response.at("usage").at("input_tokens") == 5);
  CHECK(response.at("usage").at("input_tokens_details").at("cached_tokens") == 3);
  CHECK(response.at("usage").at("output_tokens") == 2);
  CHECK(response.at("usage").at("total_tokens") == 7);
  CHECK(response.at("octavo").at("timings").at("tokens_per_s").is_number());
  CHECK(parsed(frames.front()).at("response").at("status") == "in_progress");
  CHECK(parsed(frames.front()).at("response").at("usage").is_null());
  CHECK(stream.text_of(0) == "Hi there");
}

TEST_CASE("each reason ends a response in its own way") {
  ResponseEnd end;
  end.reason = FinishReason::kLength;
  auto event = end_of(end);
  CHECK(event.at("type") == "response.incomplete");
  CHECK(event.at("response").at("status") == "incomplete");
  CHECK(event.at("response").at("incomplete_details").at("reason") == "max_output_tokens");
  end.reason = FinishReason::kCancelled;
  event = end_of(end);
  CHECK(event.at("type") == "response.incomplete");
  CHECK(event.at("response").at("status") == "cancelled");
  end.reason = FinishReason::kSteered;
  event = end_of(end);
  CHECK(event.at("type") == "response.incomplete");
  CHECK(event.at("response").at("status") == "incomplete");
  CHECK(event.at("response").at("incomplete_details").at("reason") == "steered");
  end.reason = FinishReason::kDeadline;
  event = end_of(end);
  CHECK(event.at("type") == "response.failed");
  CHECK(event.at("response").at("error").at("code") == "deadline_exceeded");
  end.reason = FinishReason::kError;
  end.error = Error{Errc::kOutOfMemory, "the device is full", ""};
  event = end_of(end);
  CHECK(event.at("type") == "response.failed");
  CHECK(event.at("response").at("error").at("code") == "out_of_memory");
  CHECK(event.at("response").at("error").at("message") == "the device is full");
  CHECK(event.at("response").at("completed_at").is_null());
}

TEST_CASE("choices are items of their own") {
  ResponseStream stream = stream_of(create_of(2));
  std::vector<std::string> frames;
  stream.begin_choice(1, frames);
  CHECK(stream.has_begun(1));
  CHECK_FALSE(stream.has_begun(0));
  stream.begin_choice(0, frames);
  const auto a = parsed(stream.delta(0, "a", {}));
  const auto b = parsed(stream.delta(1, "b", {}));
  CHECK(a.at("output_index") == 0);
  CHECK(b.at("output_index") == 1);
  CHECK(a.at("item_id") != b.at("item_id"));
  CHECK(parsed(frames.front()).at("item").at("id") == b.at("item_id"));
}

TEST_CASE("log-probabilities show bytes, and text only where it is whole") {
  ResponseCreate create = create_of();
  create.sampling.num_logprobs = 1;
  ResponseStream stream = stream_of(create);
  std::vector<std::string> frames;
  stream.begin_choice(0, frames);
  const LogprobEntry half{"\xE7\x8B", -0.5F, {{"\xE7\x8B", -0.5F}}};
  const LogprobEntry letter{"\xC3\xA4", -1.0F, {}};
  const auto entries = parsed(stream.delta(0, "x", {half, letter})).at("logprobs").as_array();
  CHECK(entries.at(0).at("token") == "\xEF\xBF\xBD");
  CHECK(entries.at(0).at("bytes") == json::value({231, 139}));
  CHECK(entries.at(0).at("logprob") == -0.5);
  CHECK(entries.at(0).at("top_logprobs").as_array().size() == 1);
  CHECK(entries.at(1).at("token") == "\xC3\xA4");
  frames.clear();
  stream.end_choice(0, FinishReason::kStop, frames);
  CHECK(parsed(frames.front()).at("logprobs").as_array() == entries);
}

TEST_CASE(
    "bytes that only look like UTF-8 are shown as U+FFFD, the chosen token's and the best ones'") {
  ResponseCreate create = create_of();
  create.sampling.num_logprobs = 1;
  for (const char* bytes : {"\xED\xA0\x80", "\xED\xBF\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF",
                            "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                            "\xF5\x80\x80\x80", "\xC0\x80", "\xC1\xBF", "\xFF", "a\xED\xA0\x80"}) {
    ResponseStream stream = stream_of(create);
    std::vector<std::string> frames;
    stream.begin_choice(0, frames);
    const std::string frame = stream.delta(0, "x", {{bytes, -0.5F, {{bytes, -0.5F}}}});
    CHECK(is_valid_utf8(frame));
    const auto entry = parsed(frame).at("logprobs").at(0);
    CHECK(entry.at("token") == "\xEF\xBF\xBD");
    CHECK(entry.at("top_logprobs").at(0).at("token") == "\xEF\xBF\xBD");
    CHECK(entry.at("bytes").as_array().size() == std::string_view(bytes).size());
  }
}

TEST_CASE("the end carries blocks that were shared, and scores where there are some") {
  ResponseEnd end;
  end.num_shared_blocks = 7;
  const auto plain = end_of(end).at("response").at("octavo").as_object();
  CHECK(plain.at("blocks_shared") == 7);
  CHECK_FALSE(plain.contains("scores"));
  end.scores = {-0.5F, -1.25F};
  CHECK(end_of(end).at("response").at("octavo").at("scores") == json::array({-0.5, -1.25}));
}

TEST_CASE("preemption is told with the next number") {
  ResponseStream stream = stream_of(create_of());
  stream.created();
  const auto preempted = parsed(stream.preempted(PreemptionMode::kRecompute));
  const auto resumed = parsed(stream.resumed(PreemptionMode::kSwap));
  CHECK(preempted.at("type") == "octavo:response.preempted");
  CHECK(preempted.at("mode") == "recompute");
  CHECK(preempted.at("response_id") == "resp_1");
  CHECK(preempted.at("sequence_number") == 1);
  CHECK(resumed.at("type") == "octavo:response.resumed");
  CHECK(resumed.at("sequence_number") == 2);
  CHECK(resumed.at("mode") == "swap");
}
