#include "protocol/chat/chat_request.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

json::object body_with(const std::string& members) {
  const std::string comma = members.empty() ? "" : ",";
  return json::parse(R"({"messages":[{"role":"user","content":"x"}])" + comma + members + "}")
      .as_object();
}
ChatRequest accepted(const std::string& members) {
  auto request = parse_chat_request(body_with(members));
  INFO(members << ": " << (request ? "" : request.error().message()));
  REQUIRE(request.has_value());
  return std::move(*request);
}
Error refused(const std::string& members) {
  const auto request = parse_chat_request(body_with(members));
  INFO(members);
  REQUIRE_FALSE(request.has_value());
  return request.error();
}

}  // namespace

TEST_CASE("a chat is a response that is not stored") {
  const ChatRequest request =
      accepted(R"("model":"m","temperature":0.5,"seed":7,"stop":"x","n":2)");
  CHECK(request.create.model == "m");
  CHECK_FALSE(request.create.store);
  CHECK(request.create.temperature == 0.5);
  CHECK(request.create.sampling.seed == 7);
  CHECK(request.create.sampling.stop == std::vector<std::string>{"x"});
  CHECK(request.create.sampling.n == 2);
  CHECK(request.options.num_choices == 2);
  CHECK(request.create.input == json::array{{{"role", "user"}, {"content", "x"}}});
  CHECK_FALSE(request.options.stream.is_stream);
}

TEST_CASE("of the two names of the most tokens the smaller counts") {
  CHECK(accepted("").create.max_tokens == std::nullopt);
  CHECK(accepted(R"("max_tokens":5)").create.max_tokens == 5);
  CHECK(accepted(R"("max_completion_tokens":6)").create.max_tokens == 6);
  CHECK(accepted(R"("max_tokens":5,"max_completion_tokens":6)").create.max_tokens == 5);
  CHECK(accepted(R"("max_tokens":7,"max_completion_tokens":6)").create.max_tokens == 6);
  CHECK(refused(R"("max_tokens":0)").param == "max_tokens");
  CHECK(refused(R"("max_completion_tokens":-1)").param == "max_completion_tokens");
}

TEST_CASE("log-probabilities are asked for in two members") {
  CHECK(accepted(R"("logprobs":false)").create.sampling.num_logprobs == -1);
  CHECK(accepted(R"("logprobs":true)").create.sampling.num_logprobs == 0);
  const ChatRequest both = accepted(R"("logprobs":true,"top_logprobs":20)");
  CHECK(both.create.include_logprobs);
  CHECK(both.create.sampling.num_logprobs == 20);
  CHECK(refused(R"("logprobs":true,"top_logprobs":21)").code == Errc::kInvalidValue);
  CHECK(refused(R"("top_logprobs":1)").code == Errc::kUnsupportedParameter);
}

TEST_CASE("more choices can be sampled than are answered, and a beam is as wide") {
  const ChatRequest best = accepted(R"("n":2,"best_of":5)");
  CHECK(best.options.num_choices == 2);
  CHECK(best.create.sampling.n == 5);
  CHECK(best.create.sampling.num_logprobs == 0);
  CHECK_FALSE(best.create.include_logprobs);
  CHECK(refused(R"("n":3,"best_of":2)").param == "best_of");
  CHECK(refused(R"("best_of":2,"stream":true)").code == Errc::kUnsupportedParameter);
  const ChatRequest beams = accepted(R"("use_beam_search":true,"n":3,"length_penalty":0.5)");
  CHECK(beams.create.sampling.beam_width == 3);
  CHECK(beams.create.sampling.n == 3);
  CHECK(beams.create.sampling.num_logprobs == -1);
  const ChatRequest wide = accepted(R"("use_beam_search":true,"n":1,"best_of":4)");
  CHECK(wide.create.sampling.beam_width == 4);
  CHECK(wide.create.sampling.n == 1);
}

TEST_CASE("what shapes the prompt and the text is passed on") {
  const ChatRequest request = accepted(
      R"("chat_template_kwargs":{"enable_thinking":false},"skip_special_tokens":false,
         "include_stop_str_in_output":true,"return_token_ids":true,"priority":-3,"cache_salt":"s")");
  CHECK(request.create.template_variables == json::object{{"enable_thinking", false}});
  CHECK_FALSE(request.create.text_options.skip_special_tokens);
  CHECK(request.create.text_options.include_stop);
  CHECK(request.options.return_token_ids);
  CHECK(request.create.priority == -3);
  CHECK(request.create.cache_salt == "s");
  for (const char* own : {"messages", "tools", "bos_token", "pad_token", "add_generation_prompt",
                          "chat_template", "tokenize"}) {
    const Error error = refused(R"("chat_template_kwargs":{")" + std::string(own) + R"(":1})");
    CHECK(error.code == Errc::kUnsupportedParameter);
    CHECK(error.param == "chat_template_kwargs." + std::string(own));
  }
}

TEST_CASE("an answer goes on with the last message, or begins anew") {
  CHECK(accepted(R"("continue_final_message":true)").create.continue_final_message);
  CHECK(accepted(R"("continue_final_message":true,"add_generation_prompt":false)")
            .create.continue_final_message);
  CHECK_FALSE(accepted(R"("add_generation_prompt":false)").create.add_generation_prompt);
  CHECK(refused(R"("continue_final_message":true,"add_generation_prompt":true)").param ==
        "continue_final_message");
}

TEST_CASE("log-probabilities of the prompt come with a whole answer") {
  const ChatRequest asked = accepted(R"("prompt_logprobs":2)");
  CHECK(asked.options.num_prompt_logprobs == 2);
  CHECK(asked.create.sampling.num_prompt_logprobs == 2);
  CHECK(accepted(R"("prompt_logprobs":0)").create.sampling.num_prompt_logprobs == 0);
  for (const char* none : {"null", "false"})
    CHECK(accepted(R"("prompt_logprobs":)" + std::string(none)).options.num_prompt_logprobs == -1);
  for (const char* wrong : {"-1", "21", "true", "\"1\"", "[1]"}) {
    CHECK(refused(R"("prompt_logprobs":)" + std::string(wrong)).code == Errc::kInvalidValue);
  }
  const Error streamed = refused(R"("prompt_logprobs":1,"stream":true)");
  CHECK(streamed.code == Errc::kUnsupportedParameter);
  CHECK(streamed.param == "prompt_logprobs");
}

TEST_CASE("what is known and not done is refused by name, unless it asks for nothing") {
  for (const char* name :
       {"suffix", "allowed_token_ids", "truncate_prompt_tokens", "logits_processors", "guided_json",
        "guided_regex", "guided_choice", "guided_grammar", "kv_transfer_params",
        "return_tokens_as_token_ids", "documents", "chat_template"}) {
    CAPTURE(name);
    const Error error = refused("\"" + std::string(name) + R"(":[1])");
    CHECK(error.code == Errc::kUnsupportedParameter);
    CHECK(error.param == name);
    accepted("\"" + std::string(name) + "\":null");
  }
  for (const char* nothing :
       {R"("suffix":"")", R"("bad_words":[])", R"("structured_outputs":{})", R"("tools":[])",
        R"("tool_choice":"auto")", R"("tool_choice":"none")", R"("functions":[])",
        R"("response_format":{"type":"text"})", R"("modalities":["text"])", R"("store":true)",
        R"("reasoning_effort":"none")", R"("reasoning_effort":"high")", R"("verbosity":"medium")",
        R"("parallel_tool_calls":true)", R"("service_tier":"auto")", R"("user":"u")",
        R"("echo":false)", R"("prompt_logprobs":false)"})
    accepted(nothing);
  for (const char* something :
       {R"("tools":[{"type":"x"}])", R"("functions":[{"name":"f"}])",
        R"("function_call":{"name":"f"})", R"("modalities":["audio"])", R"("audio":{})",
        R"("prediction":{})", R"("echo":true)", R"("web_search_options":{})",
        R"("verbosity":"low")", R"("service_tier":"flex")",
        R"("stream_options":{"include_obfuscation":true})",
        R"("spaces_between_special_tokens":false)"})
    CHECK(refused(something).code == Errc::kUnsupportedParameter);
}

TEST_CASE("what the answer may be is asked for in one of the ways that clients know") {
  const auto format = [](const std::string& members) { return accepted(members).create.format; };
  CHECK(format("").kind == OutputKind::kText);
  CHECK(format(R"("response_format":{"type":"text"})").kind == OutputKind::kText);
  CHECK(format(R"("response_format":{"type":"json_object"})").kind == OutputKind::kJsonObject);
  const OutputFormat schema = format(
      R"("response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"null"}}})");
  CHECK(schema == OutputFormat{OutputKind::kJsonSchema, R"({"type":"null"})", true,
                               "response_format.json_schema.schema"});
  CHECK(format(R"("structured_outputs":{"json":{"type":"null"}})").source == R"({"type":"null"})");
  CHECK(format(R"("structured_outputs":{"json":"{}"})").source == "{}");
  CHECK(format(R"("structured_outputs":{"json_object":true})").kind == OutputKind::kJsonObject);
  CHECK(format(R"("structured_outputs":{"json_object":false})").kind == OutputKind::kText);
  CHECK(format(R"("structured_outputs":{"regex":"a+"})") ==
        OutputFormat{OutputKind::kRegex, "a+", false, "structured_outputs.regex"});
  CHECK(format(R"("structured_outputs":{"grammar":"root ::= \"a\""})").kind ==
        OutputKind::kGrammar);
  CHECK(format(R"("structured_outputs":{"choice":["a","b\"\\\n"]})").source ==
        R"(root ::= "a" | "b\"\\\x0a")");
  for (const auto& [members, param] : std::vector<std::pair<std::string, std::string>>{
           {R"("structured_outputs":{"regex":1})", "structured_outputs.regex"},
           {R"("structured_outputs":{"choice":[]})", "structured_outputs.choice"},
           {R"("structured_outputs":{"choice":["a",""]})", "structured_outputs.choice"},
           {R"("structured_outputs":{"choice":[1]})", "structured_outputs.choice"},
           {R"("structured_outputs":{"regex":"a","grammar":"b"})", "structured_outputs.grammar"},
           {R"("structured_outputs":{"json":1})", "structured_outputs.json"},
           {R"("response_format":{"type":"json_schema"})", "response_format.json_schema"},
           {R"("response_format":{"type":"json_schema","json_schema":{}})",
            "response_format.json_schema.schema"},
           {R"("response_format":{"type":"json_object"},"structured_outputs":{"regex":"a"})",
            "structured_outputs.regex"}}) {
    CAPTURE(members);
    CHECK(refused(members).param == param);
  }
}

TEST_CASE("what is unknown is named for the log, and null is nothing") {
  const ChatRequest request = accepted(R"("made_up":1,"stream_options":{"other":1},"stop":null)");
  CHECK(request.create.unknown_fields.size() == 2);
  for (const char* wrong : {R"("stream":1)", R"("stream_options":[])", R"("n":"x")",
                            R"("response_format":{"type":"x"})", R"("response_format":{})",
                            R"("metadata":{"a":1})", R"("user":1)", R"("modalities":"text")",
                            R"("chat_template_kwargs":[])", R"("best_of":"x")"})
    CHECK(refused(wrong).code == Errc::kInvalidValue);
}

TEST_CASE("a chat has messages") {
  for (const char* body :
       {"{}", R"({"messages":null})", R"({"messages":[]})", R"({"messages":"x"})"}) {
    const auto request = parse_chat_request(json::parse(body).as_object());
    REQUIRE_FALSE(request.has_value());
    CHECK(request.error().param == "messages");
  }
}
