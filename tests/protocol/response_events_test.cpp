#include "protocol/response_events.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include "src/core/utf8.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/running_response.hpp"

using namespace octavo;
using namespace octavo::testing;
namespace json = boost::json;

namespace {

ResponseCreate create_of(std::int32_t n = 1) {
  ResponseCreate create;
  create.stream_id = "main";
  create.sampling.n = n;
  return create;
}

json::object parsed(const std::string& frame) { return json::parse(frame).as_object(); }

/// A response whose client is told of everything.
struct Told {
  explicit Told(const ResponseCreate& create) : response(running_response(create)) {}

  void tell(const ResponseEvent& event) {
    const std::size_t before = frames.size();
    encode(response, event, frames);
    response.count_events(frames.size() - before);
  }
  void hear(const TokensGenerated& tokens) {
    std::vector<ResponseEvent> events;
    response.append(tokens, false, events);
    for (const ResponseEvent& event : events) tell(event);
  }
  json::object end(const RequestFinished& finished) {
    response.finish(finished, 1700000009);
    tell(ResponseEnded{});
    return parsed(frames.back());
  }
  json::object last() const { return parsed(frames.back()); }

  Response response;
  std::vector<std::string> frames;
};

Told whole(FinishReason reason) {
  Told told(create_of());
  told.tell(ResponseBegan{});
  told.hear(said("Hi"));
  told.hear(said(" there"));
  told.hear(said("", 0, reason));
  RequestFinished end = finished(reason);
  end.usage = {5, 0, 3};
  told.end(end);
  return told;
}

json::object end_of(const RequestFinished& finished) { return Told(create_of()).end(finished); }

}  // namespace

TEST_CASE("the events of a response come in the standard's order, numbered from 0") {
  const auto frames = whole(FinishReason::kStop).frames;
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
  const auto frames = whole(FinishReason::kStop).frames;
  const auto response = parsed(frames.back()).at("response").as_object();
  CHECK(response.at("id") == "resp_1");
  CHECK(response.at("status") == "completed");
  CHECK(response.at("completed_at") == 1700000009);
  CHECK(response.at("output").at(0).at("content").at(0).at("text") == "Hi there");
  CHECK(response.at("output").at(0).at("status") == "completed");
  CHECK(response.at("usage").at("input_tokens") == 5);
  CHECK(response.at("usage").at("input_tokens_details").at("cached_tokens") == 3);
  CHECK(response.at("usage").at("output_tokens") == 8);
  CHECK(response.at("usage").at("total_tokens") == 13);
  CHECK(response.at("octavo").at("timings").at("tokens_per_s").is_number());
  CHECK(parsed(frames.front()).at("response").at("status") == "in_progress");
  CHECK(parsed(frames.front()).at("response").at("usage").is_null());
}

TEST_CASE("a response repeats the very numbers and names of its request") {
  ResponseCreate create = create_of();
  create.max_tokens = 50;
  create.generate = false;
  create.sampling.max_tokens = 1;
  create.sampling.temperature = 0.7;
  create.sampling.top_p = 0.9;
  create.sampling.presence_penalty = 0.1;
  create.sampling.frequency_penalty = -0.3;
  create.repeated = {{"tool_choice", "none"},
                     {"parallel_tool_calls", false},
                     {"prompt_cache_key", "k"},
                     {"safety_identifier", "s"}};
  Told told(create);
  told.tell(ResponseBegan{});
  const auto response = told.last().at("response").as_object();
  CHECK(response.at("temperature") == 0.7);
  CHECK(response.at("top_p") == 0.9);
  CHECK(response.at("presence_penalty") == 0.1);
  CHECK(response.at("frequency_penalty") == -0.3);
  CHECK(response.at("max_output_tokens") == 50);
  CHECK(response.at("tool_choice") == "none");
  CHECK(response.at("parallel_tool_calls") == false);
  CHECK(response.at("prompt_cache_key") == "k");
  CHECK(response.at("safety_identifier") == "s");
}

TEST_CASE("what a request leaves open is shown as it will be done") {
  ResponseCreate create = create_of();
  create.sampling.max_tokens = 128;
  create.sampling.top_p = 0.95;
  Told told(create);
  told.tell(ResponseBegan{});
  const auto response = told.last().at("response").as_object();
  CHECK(response.at("max_output_tokens") == 128);
  CHECK(response.at("top_p") == 0.95);
  CHECK(response.at("tool_choice") == "auto");
  CHECK(response.at("parallel_tool_calls") == true);
  CHECK(response.at("prompt_cache_key").is_null());
}

TEST_CASE("each reason ends a response in its own way") {
  RequestFinished end;
  end.reason = FinishReason::kLength;
  auto event = end_of(end);
  CHECK(event.at("type") == "response.incomplete");
  CHECK(event.at("response").at("status") == "incomplete");
  CHECK(event.at("response").at("incomplete_details").at("reason") == "max_output_tokens");
  end.reason = FinishReason::kCancelled;
  event = end_of(end);
  CHECK(event.at("type") == "response.incomplete");
  CHECK(event.at("response").at("status") == "cancelled");
  CHECK(event.at("response").at("incomplete_details").is_null());
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

TEST_CASE("choices are items of their own, told of in the order in which they begin") {
  Told told(create_of(2));
  told.hear(said("b", 1));
  CHECK(told.response.choice(1).has_begun());
  CHECK_FALSE(told.response.choice(0).has_begun());
  const auto b = told.last();
  told.hear(said("a", 0));
  const auto a = told.last();
  CHECK(a.at("output_index") == 0);
  CHECK(b.at("output_index") == 1);
  CHECK(a.at("item_id") != b.at("item_id"));
  CHECK(parsed(told.frames.front()).at("item").at("id") == b.at("item_id"));
}

TEST_CASE("log-probabilities show bytes, and text only where it is whole") {
  ResponseCreate create = create_of();
  create.sampling.num_logprobs = 1;
  Told told(create);
  TokensGenerated tokens = said("\xC3\xA4!");
  for (SampledToken& token : tokens.tokens) {
    token.logprob = -0.5F;
    token.top = {{token.token, -0.5F}};
  }
  told.hear(tokens);
  const auto entries = told.last().at("logprobs").as_array();
  REQUIRE(entries.size() == 3);
  CHECK(entries.at(0).at("token") == "\xEF\xBF\xBD");
  CHECK(entries.at(0).at("bytes") == json::value({0xC3}));
  CHECK(entries.at(0).at("logprob") == -0.5);
  CHECK(entries.at(0).at("top_logprobs").as_array().size() == 1);
  CHECK(entries.at(2).at("token") == "!");
  told.frames.clear();
  told.hear(said("", 0, FinishReason::kStop));
  CHECK(parsed(told.frames.front()).at("logprobs").as_array() == entries);
  CHECK(told.last().at("item").at("content").at(0).at("logprobs").as_array() == entries);
}

TEST_CASE("log-probabilities that were not asked for are empty lists") {
  Told told(create_of());
  told.hear(said("x", 0, FinishReason::kStop));
  CHECK(told.last().at("item").at("content").at(0).at("logprobs").as_array().empty());
}

TEST_CASE("bytes that only look like UTF-8 are shown as U+FFFD, the chosen token's and the best") {
  Told told(create_of());
  told.hear(said("x"));
  for (const char* bytes : {"\xED\xA0\x80", "\xED\xBF\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF",
                            "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                            "\xF5\x80\x80\x80", "\xC0\x80", "\xC1\xBF", "\xFF", "a\xED\xA0\x80"}) {
    const TextAdded event{0, 0, "x", {LogprobEntry{bytes, -0.5F, {{bytes, -0.5F}}}}};
    std::vector<std::string> frames;
    encode(told.response, event, frames);
    CHECK(is_valid_utf8(frames.at(0)));
    const auto entry = parsed(frames.at(0)).at("logprobs").at(0);
    CHECK(entry.at("token") == "\xEF\xBF\xBD");
    CHECK(entry.at("top_logprobs").at(0).at("token") == "\xEF\xBF\xBD");
    CHECK(entry.at("bytes").as_array().size() == std::string_view(bytes).size());
  }
}

TEST_CASE("the end carries blocks that were shared, and scores where there are some") {
  RequestFinished end;
  end.num_shared_blocks = 7;
  const auto plain = end_of(end).at("response").at("octavo").as_object();
  CHECK(plain.at("blocks_shared") == 7);
  CHECK_FALSE(plain.contains("scores"));
  Told told(create_of(2));
  told.hear(generated({'a'}, 0, FinishReason::kLength, -0.5F));
  told.hear(generated({'b'}, 1, FinishReason::kLength, -1.25F));
  CHECK(told.end(end).at("response").at("octavo").at("scores") == json::array({-0.5, -1.25}));
}

TEST_CASE("preemption is told with the next number") {
  Told told(create_of());
  told.tell(ResponseBegan{});
  told.tell(ResponsePreempted{PreemptionMode::kRecompute});
  const auto preempted = told.last();
  told.tell(ResponseResumed{PreemptionMode::kSwap});
  const auto resumed = told.last();
  CHECK(preempted.at("type") == "octavo:response.preempted");
  CHECK(preempted.at("mode") == "recompute");
  CHECK(preempted.at("response_id") == "resp_1");
  CHECK(preempted.at("sequence_number") == 2);
  CHECK(resumed.at("type") == "octavo:response.resumed");
  CHECK(resumed.at("sequence_number") == 3);
  CHECK(resumed.at("mode") == "swap");
}
