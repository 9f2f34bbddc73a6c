#include "protocol/client_event.hpp"

#include "tests/protocol/frames.hpp"

using namespace octavo;
using octavo::testing::accepted;
using octavo::testing::create_frame;
using octavo::testing::refused;

TEST_CASE("a create with nothing but input takes every default") {
  const ResponseCreate create = accepted(create_frame(""));
  CHECK(create.stream_id.empty());
  CHECK(create.model.empty());
  CHECK(create.previous_response_id.empty());
  CHECK(create.text_input == "x");
  CHECK(create.input.size() == 1);
  CHECK(create.generate);
  CHECK(create.store);
  CHECK_FALSE(create.include_logprobs);
  CHECK_FALSE(create.deadline.has_value());
  CHECK_FALSE(create.input_token_ids.has_value());
  CHECK_FALSE((create.temperature || create.top_p || create.top_k));
  CHECK(create.sampling == SamplingParams{});
  CHECK(create.unknown_fields.empty());
}

TEST_CASE("every field of a create arrives in its place") {
  const ResponseCreate create = accepted(create_frame(R"(
    "stream_id":"a.b-c_1","model":"m","previous_response_id":"resp_1","instructions":"Be brief.",
    "generate":false,"store":false,"temperature":0.5,"top_p":0.9,"top_k":40,"min_p":0.05,
    "repetition_penalty":1.1,"presence_penalty":0.1,"frequency_penalty":-0.7,"seed":-7,"n":2,
    "max_output_tokens":9,"min_tokens":3,"ignore_eos":true,"stop":["a","b"],"stop_token_ids":[5,6],
    "logit_bias":{"7":-1.5,"8":2},"top_logprobs":4,"metadata":{"k":"v"},
    "octavo":{"deadline_ms":1500})"));
  CHECK(create.stream_id == "a.b-c_1");
  CHECK(create.model == "m");
  CHECK(create.previous_response_id == "resp_1");
  CHECK(create.instructions == "Be brief.");
  CHECK_FALSE(create.generate);
  CHECK_FALSE(create.store);
  const SamplingParams& sampling = create.sampling;
  CHECK(create.temperature == 0.5);
  CHECK(create.top_p == 0.9);
  CHECK(create.top_k == 40);
  CHECK(create.min_p == 0.05);
  CHECK(create.repetition_penalty == 1.1);
  CHECK(sampling.presence_penalty == 0.1);
  CHECK(sampling.frequency_penalty == -0.7);
  CHECK(sampling.seed == static_cast<std::uint64_t>(-7));
  CHECK(sampling.n == 2);
  CHECK(create.max_tokens == 9);
  CHECK(sampling.min_tokens == 3);
  CHECK(sampling.ignore_eos);
  CHECK(sampling.stop == std::vector<std::string>{"a", "b"});
  CHECK(sampling.stop_token_ids == std::vector<TokenId>{5, 6});
  CHECK(sampling.logit_bias == std::vector<std::pair<TokenId, float>>{{7, -1.5F}, {8, 2.0F}});
  CHECK(sampling.num_logprobs == 4);
  CHECK(create.metadata.at("k") == "v");
  CHECK(create.deadline == std::chrono::milliseconds(1500));
}

TEST_CASE("the fields of a beam search arrive in their places") {
  const ResponseCreate create =
      accepted(create_frame(R"("beam_width":5,"n":3,"length_penalty":-0.5,"early_stopping":true)"));
  CHECK(create.sampling.beam_width == 5);
  CHECK(create.sampling.n == 3);
  CHECK(create.sampling.length_penalty == -0.5F);
  CHECK(create.sampling.early_stopping == EarlyStopping::kTrue);
  const auto early = [](const std::string& value) {
    const std::string members = R"("beam_width":2,"early_stopping":)" + value;
    return accepted(create_frame(members)).sampling.early_stopping;
  };
  CHECK(early("false") == EarlyStopping::kFalse);
  CHECK(early("\"never\"") == EarlyStopping::kNever);
  const auto defaults = accepted(create_frame(R"("length_penalty":1,"early_stopping":false)"));
  CHECK_FALSE(defaults.sampling.is_beam_search());
}

TEST_CASE("a salt may stand at the top, as elsewhere, or among the extensions") {
  CHECK(accepted(create_frame(R"("cache_salt":"a")")).cache_salt == "a");
  CHECK(accepted(create_frame(R"("octavo":{"cache_salt":"b","priority":-7})")).cache_salt == "b");
  CHECK(accepted(create_frame(R"("octavo":{"priority":-7})")).priority == -7);
}

TEST_CASE("a steer names a response and brings a user's input") {
  const auto steer = [](const std::string& input) {
    return std::get<ResponseSteer>(*parse_client_event(
        R"({"type":"response.steer","previous_response_id":"resp_1","input":)" + input + "}"));
  };
  const ResponseSteer text = steer(R"("shorter")");
  CHECK_FALSE(text.fault);
  CHECK(text.previous_response_id == "resp_1");
  CHECK(text.text_input == "shorter");
  CHECK(text.input.size() == 1);
  const ResponseSteer items = steer(
      R"([{"type":"message","role":"user","content":[{"type":"input_text","text":"a"}]},
          {"role":"user","content":"b"}])");
  CHECK_FALSE(items.fault);
  REQUIRE(items.input.size() == 2);
  CHECK(items.input[0].at("content") == "a");
  CHECK(items.given_input.as_array().size() == 2);
  for (const char* bad : {"null", "7", "[]", "[7]", R"([{"role":"system","content":"x"}])",
                          R"([{"role":"assistant","content":"x"}])",
                          R"([{"role":"user","content":[{"type":"input_image","image_url":"x"}]}])",
                          R"([{"type":"function_call_output","output":"x"}])"}) {
    CAPTURE(bad);
    CHECK(steer(bad).fault);
  }
  CHECK(refused(R"({"type":"response.steer","input":"x"})").error.param == "previous_response_id");
  CHECK(refused(R"({"type":"response.steer","previous_response_id":7,"input":"x"})").error.code ==
        Errc::kInvalidValue);
}

TEST_CASE("null counts as absent") {
  const ResponseCreate create = accepted(create_frame(
      R"("stream_id":null,"temperature":null,"stop":null,"tools":null,"metadata":null,"octavo":null,"text":null)"));
  CHECK(create.stream_id.empty());
  CHECK_FALSE(create.temperature);
}

TEST_CASE("what changes nothing here is accepted, what is unknown is named for the log") {
  const ResponseCreate create = accepted(create_frame(
      R"("stream":true,"background":false,"tools":[],"tool_choice":"auto","user":"u","truncation":"disabled",
         "text":{"format":{"type":"text"}},"reasoning":{"effort":null},"unheard_of":1)"));
  CHECK(create.unknown_fields == std::vector<std::string>{"unheard_of"});
}

TEST_CASE("log-probabilities are asked for by include or by top_logprobs") {
  CHECK(accepted(create_frame("")).sampling.num_logprobs == -1);
  CHECK(accepted(create_frame(R"("top_logprobs":0)")).sampling.num_logprobs == -1);
  const std::string include = R"("include":["message.output_text.logprobs"])";
  CHECK(accepted(create_frame(include)).sampling.num_logprobs == 0);
  CHECK(accepted(create_frame(include + R"(,"top_logprobs":20)")).sampling.num_logprobs == 20);
}

TEST_CASE("input may be missing where something else is the prompt") {
  const std::string start = R"({"type":"response.create",)";
  CHECK(accepted(start + R"("previous_response_id":"resp_1"})").input.empty());
  CHECK(accepted(start + R"("instructions":"Say hi."})").input.empty());
  CHECK(accepted(start + R"("octavo":{"prompt_token_ids":[1,2]}})").input_token_ids ==
        std::vector<TokenId>{1, 2});
  CHECK(accepted(start + R"("octavo":{"prompt_token_ids":[1]}})").input.empty());
  CHECK(accepted(start + R"("previous_response_id":"resp_1","octavo":{"prompt_token_ids":[]}})")
            .input_token_ids->empty());
  CHECK(refused(R"({"type":"response.create"})").error.param == "input");
}

namespace {

/// Each a field and members of a frame that give it a wrong value.
const std::vector<std::pair<std::string, std::string>> kWrongValues{
    {"model", R"("model":1)"},
    {"previous_response_id", R"("previous_response_id":{})"},
    {"instructions", R"("instructions":["x"])"},
    {"generate", R"("generate":"no")"},
    {"store", R"("store":1)"},
    {"temperature", R"("temperature":"1")"},
    {"temperature", R"("temperature":1e999)"},
    {"top_p", R"("top_p":[])"},
    {"top_k", R"("top_k":1.5)"},
    {"top_k", R"("top_k":4294967296)"},
    {"seed", R"("seed":1e30)"},
    {"n", R"("n":"2")"},
    {"max_output_tokens", R"("max_output_tokens":0)"},
    {"max_output_tokens", R"("max_output_tokens":-1)"},
    {"ignore_eos", R"("ignore_eos":0)"},
    {"stop", R"("stop":7)"},
    {"stop", R"("stop":["a",7])"},
    {"stop_token_ids", R"("stop_token_ids":7)"},
    {"stop_token_ids", R"("stop_token_ids":[7.5])"},
    {"logit_bias", R"("logit_bias":[1])"},
    {"logit_bias", R"("logit_bias":{"x":1})"},
    {"logit_bias", R"("logit_bias":{"-1":1})"},
    {"logit_bias", R"("logit_bias":{"99999999999":1})"},
    {"logit_bias", R"("logit_bias":{"7":"1"})"},
    {"top_logprobs", R"("top_logprobs":21)"},
    {"top_logprobs", R"("top_logprobs":-1)"},
    {"include", R"("include":"all")"},
    {"include", R"("include":[1])"},
    {"tools", R"("tools":{})"},
    {"text", R"("text":"plain")"},
    {"reasoning", R"("reasoning":"high")"},
    {"metadata", R"("metadata":[])"},
    {"metadata", R"("metadata":{"k":1})"},
    {"metadata", R"("metadata":{"k":")" + std::string(513, 'x') + R"("})"},
    {"metadata", R"("metadata":{")" + std::string(65, 'x') + R"(":"v"})"},
    {"beam_width", R"("beam_width":0)"},
    {"beam_width", R"("beam_width":"4")"},
    {"length_penalty", R"("beam_width":4,"length_penalty":"long")"},
    {"early_stopping", R"("beam_width":4,"early_stopping":"always")"},
    {"early_stopping", R"("beam_width":4,"early_stopping":1)"},
    {"cache_salt", R"("cache_salt":7)"},
    {"cache_salt", R"("cache_salt":"")"},
    {"cache_salt", R"("cache_salt":")" + std::string(1025, 'x') + R"(")"},
    {"octavo", R"("octavo":[])"},
    {"octavo.priority", R"("octavo":{"priority":"high"})"},
    {"octavo.priority", R"("octavo":{"priority":4294967296})"},
    {"octavo.cache_salt", R"("octavo":{"cache_salt":""})"},
    {"octavo.deadline_ms", R"("octavo":{"deadline_ms":0})"},
    {"octavo.deadline_ms", R"("octavo":{"deadline_ms":"soon"})"},
    {"octavo.prompt_token_ids", R"("octavo":{"prompt_token_ids":[]})"},
    {"octavo.prompt_token_ids", R"("octavo":{"prompt_token_ids":["a"]})"},
};

}  // namespace

TEST_CASE("a wrong value is refused with the name of its field") {
  for (const auto& [param, members] : kWrongValues) {
    const RefusedEvent refusal = refused(create_frame(members));
    CHECK(refusal.error.code == Errc::kInvalidValue);
    CHECK(refusal.error.param == param);
    CHECK(refusal.error.detail.rfind(param + " must be ", 0) == 0);
  }
}

TEST_CASE("what this build cannot do is refused by name") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"background", R"("background":true)"},
      {"stream", R"("stream":false)"},
      {"tools[0].type", R"("tools":[{"type":"web_search"}])"},
      {"tool_choice.type", R"("tool_choice":{"type":"mcp"})"},
      {"conversation", R"("conversation":"c")"},
      {"prompt", R"("prompt":{"id":"p"})"},
      {"length_penalty", R"("length_penalty":0.5)"},
      {"early_stopping", R"("early_stopping":true)"},
  };
  for (const auto& [param, members] : cases) {
    const RefusedEvent refusal = refused(create_frame(members));
    CHECK(refusal.error.code == Errc::kUnsupportedParameter);
    CHECK(refusal.error.param == param);
  }
}

TEST_CASE("metadata counts characters, not bytes") {
  std::string value;
  for (int i = 0; i < 512; ++i) value += "\xE7\x8B\x90";
  CHECK(accepted(create_frame(R"("metadata":{"k":")" + value + R"("})")).metadata.size() == 1);
}

TEST_CASE("a lane's name has its characters and length") {
  CHECK(is_valid_stream_id("A-z_0.9"));
  CHECK(is_valid_stream_id(std::string(256, 'a')));
  for (const std::string& bad :
       {std::string(), std::string(257, 'a'), std::string("a b"), std::string("\xC3\xA4"),
        std::string("a\0b", 3), std::string("a/b")}) {
    CHECK_FALSE(is_valid_stream_id(bad));
  }
  for (const char* frame : {R"({"type":"response.create","stream_id":""})", R"({"stream_id":7})"}) {
    const RefusedEvent refusal = refused(frame);
    CHECK(refusal.error.code == Errc::kInvalidStreamId);
    CHECK(refusal.error.param == "stream_id");
    CHECK(refusal.stream_id.empty());
  }
}

TEST_CASE("a refusal echoes the lane that the frame named") {
  CHECK(refused(R"({"type":"response.create","stream_id":"a","input":7})").stream_id == "a");
  CHECK(refused(R"({"type":"what","stream_id":"a"})").stream_id == "a");
  CHECK(refused(R"({"stream_id":"a"})").stream_id == "a");
}

TEST_CASE("frames that are no events say so") {
  CHECK(refused("").error.code == Errc::kInvalidJson);
  CHECK(refused("{").error.code == Errc::kInvalidJson);
  CHECK(refused("{} {}").error.code == Errc::kInvalidJson);
  CHECK(refused("[]").error.code == Errc::kInvalidEvent);
  CHECK(refused("null").error.code == Errc::kInvalidEvent);
  CHECK(refused("{}").error.param == "type");
  CHECK(refused(R"({"type":null})").error.code == Errc::kInvalidEvent);
  const RefusedEvent unknown = refused(R"({"type":")" + std::string(1000, 'x') + R"("})");
  CHECK(unknown.error.code == Errc::kUnknownEventType);
  CHECK(unknown.error.detail.size() < 200);
}

TEST_CASE("nesting ends at 32") {
  const auto nested = [](int depth) {
    return create_frame("\"unheard\":" + std::string(depth, '[') + std::string(depth, ']'));
  };
  CHECK(accepted(nested(31)).unknown_fields.size() == 1);
  CHECK(refused(nested(32)).error.code == Errc::kInvalidJson);
  CHECK(refused(std::string(1'000'000, '[')).error.code == Errc::kInvalidJson);
}

TEST_CASE("a cancel names a response or a lane") {
  const auto cancel = [](const char* frame) {
    return std::get<ResponseCancel>(*parse_client_event(frame));
  };
  CHECK(cancel(R"({"type":"response.cancel","response_id":"resp_1"})").response_id == "resp_1");
  CHECK_FALSE(cancel(R"({"type":"response.cancel","response_id":"resp_1"})").names_lane);
  const ResponseCancel lane = cancel(R"({"type":"response.cancel","stream_id":"a"})");
  CHECK((lane.names_lane && lane.stream_id == "a" && lane.response_id.empty()));
  CHECK(refused(R"({"type":"response.cancel"})").error.code == Errc::kInvalidEvent);
  CHECK(refused(R"({"type":"response.cancel","response_id":7})").error.code == Errc::kInvalidValue);
}

TEST_CASE("a request without a word is refused, one that goes on or has instructions is not") {
  const RefusedEvent refusal = octavo::testing::refused(R"({"type":"response.create","input":[]})");
  CHECK(refusal.error.code == Errc::kInvalidValue);
  CHECK(refusal.error.param == "input");
  for (const char* member :
       {R"("instructions":"Be kind.")", R"("previous_response_id":"resp_1")"}) {
    octavo::testing::accepted(std::string(R"({"type":"response.create","input":[],)") + member +
                              "}");
  }
}
