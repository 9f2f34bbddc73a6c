#include "protocol/chat/chat_answer.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/encoded_answer.hpp"

using namespace octavo;
using namespace octavo::testing;
namespace json = boost::json;

namespace {

RequestFinished ended(FinishReason reason) {
  RequestFinished end = finished(reason);
  end.usage = {5, 0, 3};
  return end;
}

const json::object kUsage{{"prompt_tokens", 5},
                          {"completion_tokens", 3},
                          {"total_tokens", 8},
                          {"prompt_tokens_details", {{"cached_tokens", 3}}},
                          {"completion_tokens_details", {{"reasoning_tokens", 0}}}};

AnswerOptions streamed() {
  AnswerOptions options;
  options.stream.is_stream = true;
  return options;
}

}  // namespace

TEST_CASE("a chunk for the role, for each text and for the reason, then [DONE]") {
  const auto answer = make_chat_answer(streamed());
  REQUIRE(answer->is_stream());
  EncodedAnswer encoded(*answer, ResponseCreate{});
  CHECK(encoded.frames.empty());  // Before the first token there is nothing to say.
  encoded.hear(said("Hi"));
  encoded.hear(said("!", 0, FinishReason::kLength));
  encoded.end(ended(FinishReason::kLength));
  REQUIRE(encoded.frames.size() == 4);
  const auto chunk = [](json::object delta, json::value reason) {
    return json::object{{"id", "chatcmpl-1"},
                        {"object", "chat.completion.chunk"},
                        {"created", 1700000000},
                        {"model", "m"},
                        {"choices", json::array{{{"index", 0},
                                                 {"delta", std::move(delta)},
                                                 {"logprobs", nullptr},
                                                 {"finish_reason", std::move(reason)}}}}};
  };
  CHECK(encoded.chunk(0) == chunk({{"role", "assistant"}, {"content", ""}}, nullptr));
  CHECK(encoded.chunk(1) == chunk({{"content", "Hi"}}, nullptr));
  CHECK(encoded.chunk(2) == chunk({{"content", "!"}}, nullptr));
  CHECK(encoded.chunk(3) == chunk(json::object{}, "length"));
  for (const std::string& frame : encoded.frames) {
    CHECK(frame.starts_with("data: {"));
    CHECK(frame.find('\n') == frame.size() - 2);  // One line, then an empty one.
  }
  CHECK(answer->finish() == "data: [DONE]\n\n");
  CHECK_FALSE(answer->error());
}

TEST_CASE("usage comes last and alone, or in every chunk") {
  AnswerOptions options = streamed();
  SECTION("last") {
    options.stream.include_usage = true;
    const auto answer = make_chat_answer(options);
    EncodedAnswer encoded(*answer, ResponseCreate{});
    encoded.hear(said("abc", 0, FinishReason::kStop));
    encoded.end(ended(FinishReason::kStop));
    CHECK(encoded.chunk(0).at("usage").is_null());
    CHECK(encoded.chunk(encoded.frames.size() - 1).at("choices").as_array().empty());
    CHECK(encoded.chunk(encoded.frames.size() - 1).at("usage") == kUsage);
  }
  SECTION("in every chunk") {
    options.stream.continuous_usage_stats = true;
    const auto answer = make_chat_answer(options);
    EncodedAnswer encoded(*answer, ResponseCreate{});
    encoded.hear(said("a"));
    encoded.hear(said("b", 0, FinishReason::kStop));
    encoded.end(ended(FinishReason::kStop));
    CHECK(encoded.chunk(1).at("usage").at("completion_tokens") == 1);
    CHECK(encoded.chunk(2).at("usage").at("prompt_tokens") == 1);
    CHECK_FALSE(encoded.chunk(encoded.frames.size() - 1).at("choices").as_array().empty());
  }
}

TEST_CASE("a whole completion has every choice, its reason and the usage") {
  AnswerOptions options;
  options.num_choices = 2;
  const auto answer = make_chat_answer(options);
  REQUIRE_FALSE(answer->is_stream());
  ResponseCreate create;
  create.sampling.n = 2;
  EncodedAnswer encoded(*answer, create);
  encoded.hear(said("one.", 0, FinishReason::kStop));
  encoded.hear(said("two", 1, FinishReason::kCancelled));
  encoded.end(ended(FinishReason::kCancelled));
  CHECK(encoded.frames.empty());
  const json::object body = json::parse(answer->finish()).as_object();
  CHECK(body.at("object") == "chat.completion");
  REQUIRE(body.at("choices").as_array().size() == 2);
  CHECK(body.at("choices").at(0).at("message") ==
        json::object{{"role", "assistant"}, {"content", "one"}, {"refusal", nullptr}});
  CHECK(body.at("choices").at(0).at("finish_reason") == "stop");
  CHECK(body.at("choices").at(1).at("index") == 1);
  CHECK(body.at("choices").at(1).at("finish_reason") == "abort");
  CHECK(body.at("usage").at("total_tokens") == 12);
}

TEST_CASE("of more choices than are answered the likeliest are") {
  AnswerOptions options;
  options.num_choices = 1;
  const auto answer = make_chat_answer(options);
  ResponseCreate create;
  create.sampling.n = 3;
  create.sampling.num_logprobs = 0;
  EncodedAnswer encoded(*answer, create);
  for (std::int32_t i = 0; i < 3; ++i) {
    TokensGenerated event =
        said(std::string(1, static_cast<char>('a' + i)), i, FinishReason::kLength);
    event.tokens[0].logprob = i == 1 ? -0.5F : -2.0F;
    encoded.hear(event);
  }
  encoded.end(ended(FinishReason::kLength));
  const json::object body = json::parse(answer->finish()).as_object();
  REQUIRE(body.at("choices").as_array().size() == 1);
  CHECK(body.at("choices").at(0).at("index") == 0);
  CHECK(body.at("choices").at(0).at("message").at("content") == "b");
  CHECK(body.at("choices").at(0).at("logprobs").is_null());  // Nobody asked for them.
}

TEST_CASE("token ids are those of the prompt, then each once, the one that stopped it too") {
  AnswerOptions options = streamed();
  options.return_token_ids = true;
  const auto answer = make_chat_answer(options);
  EncodedAnswer encoded(*answer, ResponseCreate{});
  encoded.hear(said("ab"));
  encoded.hear(said("c", 0));
  encoded.hear(said("\x02", 0, FinishReason::kStop));
  encoded.end(ended(FinishReason::kStop));
  CHECK(encoded.chunk(0).at("prompt_token_ids") == json::array{'p'});
  json::array ids;
  for (std::size_t i = 1; i < encoded.frames.size(); ++i) {
    const json::object chunk = encoded.chunk(i);
    const json::array& more = chunk.at("choices").at(0).at("token_ids").as_array();
    ids.insert(ids.end(), more.begin(), more.end());
  }
  CHECK(ids == json::array{'a', 'b', 'c', 2});
}

TEST_CASE("a token that stops with text before it is told once") {
  AnswerOptions options = streamed();
  options.return_token_ids = true;
  const auto answer = make_chat_answer(options);
  EncodedAnswer encoded(*answer, ResponseCreate{});
  encoded.hear(said("ab\x02", 0, FinishReason::kStop));  // One step brings text and end.
  json::array ids;
  for (std::size_t i = 1; i < encoded.frames.size(); ++i) {
    const json::object chunk = encoded.chunk(i);
    const json::array& more = chunk.at("choices").at(0).at("token_ids").as_array();
    ids.insert(ids.end(), more.begin(), more.end());
  }
  CHECK(ids == json::array{'a', 'b', 2});
}

TEST_CASE("what fails in a stream ends it with the error, and a whole answer has no body") {
  RequestFinished failed = ended(FinishReason::kError);
  failed.error = Error{Errc::kEngineError, "out of luck", ""};
  const auto stream = make_chat_answer(streamed());
  EncodedAnswer streaming(*stream, ResponseCreate{});
  streaming.hear(said("a"));
  streaming.end(failed);
  CHECK(stream->error() == failed.error);
  const std::string rest = stream->finish();
  CHECK(rest.starts_with("data: {\"error\":{"));
  CHECK(rest.find("out of luck") != std::string::npos);
  CHECK(rest.ends_with("data: [DONE]\n\n"));
  const auto whole = make_chat_answer(AnswerOptions{});
  EncodedAnswer wholly(*whole, ResponseCreate{});
  wholly.end(ended(FinishReason::kDeadline));
  CHECK(whole->error()->code == Errc::kDeadlineExceeded);
}

TEST_CASE("a refusal names the member that a chat has, and the first one counts") {
  const auto answer = make_chat_answer(AnswerOptions{});
  std::vector<std::string> frames;
  answer->refuse({Errc::kContextLengthExceeded, "long", "input"}, "", frames);
  answer->refuse({Errc::kQueueFull, "", ""}, "", frames);
  CHECK(frames.empty());
  CHECK(answer->error() == Error{Errc::kContextLengthExceeded, "long", "messages"});
}
