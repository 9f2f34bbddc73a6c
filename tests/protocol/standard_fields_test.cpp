// Every field of the standard's request, with every type that JSON has: it is done, repeated or
// refused, and never merely dropped.
#include "protocol/standard_fields.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <set>

#include "tests/protocol/frames.hpp"

using namespace octavo;
using octavo::testing::accepted;
using octavo::testing::create_frame;
using octavo::testing::refused;
namespace json = boost::json;

namespace {

const std::vector<std::string> kValues{
    "true", "false",          "0",  "7",   "-1",      "1.5",
    "\"\"", "\"x\"",          "[]", "[7]", "[\"x\"]", "[{\"type\":\"x\"}]",
    "{}",   R"({"type":"x"})"};

struct Field {
  std::string name;
  std::set<std::string> accepted;     ///< Of the values above, and others.
  std::set<std::string> unsupported;  ///< The same. All the rest is a wrong value.
};

const std::set<std::string> kObjects{"{}", R"({"type":"x"})"};

const std::vector<Field> kFields{
    {"background", {"false"}, {"true"}},
    {"stream", {"true"}, {"false"}},
    {"event_id", {"\"\"", "\"x\""}, {}},
    {"stream_options",
     {"{}", R"({"type":"x"})", R"({"include_obfuscation":false})"},
     {R"({"include_obfuscation":true})"}},
    {"parallel_tool_calls", {"true", "false"}, {}},
    {"max_tool_calls", {"7", "1"}, {}},
    {"text",
     {"{}", R"({"type":"x"})", R"({"format":{"type":"text"}})", R"({"verbosity":"medium"})",
      R"({"format":{"type":"json_object"}})"},
     {R"({"verbosity":"low"})", R"({"verbosity":"high"})"}},
    {"reasoning",
     {"{}", R"({"type":"x"})", R"({"effort":"none"})", R"({"mode":"standard"})",
      R"({"effort":"low"})", R"({"effort":"max"})", R"({"summary":"auto"})"},
     {R"({"generate_summary":"concise"})", R"({"context":"all_turns"})", R"({"mode":"pro"})"}},
    {"include",
     {"[]", R"(["message.output_text.logprobs"])", R"(["reasoning.encrypted_content"])"},
     {R"(["file_search_call.results"])", R"(["web_search_call.action.sources"])"}},
    {"safety_identifier", {"\"\"", "\"x\""}, {}},
    {"prompt_cache_key", {"\"\"", "\"x\""}, {}},
    {"user", {"\"\"", "\"x\""}, {}},
    {"client_metadata", kObjects, {}},
    {"prompt_cache_retention", {"\"in_memory\""}, {"\"24h\""}},
    {"service_tier",
     {"\"auto\"", "\"default\""},
     {"\"flex\"", "\"priority\"", "\"scale\"", "\"fast\""}},
    {"truncation", {"\"disabled\""}, {"\"auto\""}},
    {"conversation", {}, {"\"\"", "\"x\"", "{}", R"({"type":"x"})"}},
    {"prompt", {}, kObjects},
    {"moderation", {}, kObjects},
    {"image", {}, kObjects},
    {"access_programs", {}, kObjects},
    {"prompt_cache_options", {}, kObjects},
    {"context_management", {"[]"}, {"[7]", "[\"x\"]", R"([{"type":"x"}])"}},
};

std::string member(const std::string& name, const std::string& value) {
  return "\"" + name + "\":" + value;
}

/// The field itself, or a member of it.
bool is_named(const std::string& param, const std::string& field) {
  return param == field || param.starts_with(field + ".");
}

json::object repeated(const std::string& members) {
  return accepted(create_frame(members)).repeated;
}

}  // namespace

TEST_CASE("a field of the standard is accepted, refused by name, or wrong, whatever its type") {
  for (const Field& field : kFields) {
    std::set<std::string> values(kValues.begin(), kValues.end());
    values.insert(field.accepted.begin(), field.accepted.end());
    values.insert(field.unsupported.begin(), field.unsupported.end());
    for (const std::string& value : values) {
      CAPTURE(field.name, value);
      const auto event = parse_client_event(create_frame(member(field.name, value)));
      CHECK(event.has_value() == (field.accepted.count(value) > 0));
      if (event) continue;
      CHECK(is_named(event.error().error.param, field.name));
      CHECK(
          event.error().error.code ==
          (field.unsupported.count(value) > 0 ? Errc::kUnsupportedParameter : Errc::kInvalidValue));
    }
    CHECK(accepted(create_frame(member(field.name, "null"))).unknown_fields.empty());
  }
}

TEST_CASE("members of a field are refused by their own names") {
  for (const auto& [param, members] : std::vector<std::pair<std::string, std::string>>{
           {"text.format", R"("text":{"format":7})"},
           {"text.format.type", R"("text":{"format":{"type":"yaml"}})"},
           {"text.format.schema", R"("text":{"format":{"type":"json_schema"}})"},
           {"text.verbosity", R"("text":{"verbosity":"loud"})"},
           {"text.verbosity", R"("text":{"verbosity":1})"},
           {"reasoning.effort", R"("reasoning":{"effort":"some"})"},
           {"reasoning.effort", R"("reasoning":{"effort":7})"},
           {"reasoning.summary", R"("reasoning":{"summary":true})"},
           {"stream_options.include_obfuscation", R"("stream_options":{"include_obfuscation":1})"},
           {"octavo.events", R"("octavo":{"events":["octavo:goaway"]})"},
           {"octavo.events", R"("octavo":{"events":"all"})"}}) {
    const RefusedEvent refusal = refused(create_frame(members));
    CHECK(refusal.error.code == Errc::kInvalidValue);
    CHECK(refusal.error.param == param);
  }
}

TEST_CASE("names of users and caches are bounded in characters") {
  std::string longest;
  for (int i = 0; i < 64; ++i) longest += "\xE7\x8B\x90";
  for (const char* name : {"safety_identifier", "prompt_cache_key"}) {
    CHECK(repeated(member(name, "\"" + longest + "\"")).at(name) == json::string(longest));
    CHECK(refused(create_frame(member(name, "\"" + longest + "x\""))).error.param == name);
  }
}

TEST_CASE("what changes nothing is repeated as it was sent") {
  const json::object sent = repeated(
      R"("tool_choice":"none","parallel_tool_calls":false,"max_tool_calls":3,"prompt_cache_key":"k",
         "safety_identifier":"s","text":{"format":{"type":"text"},"verbosity":"medium"},
         "reasoning":{"effort":"none"})");
  CHECK(sent == json::parse(R"({"tool_choice":"none","parallel_tool_calls":false,
         "max_tool_calls":3,"text":{"format":{"type":"text"},"verbosity":"medium"},
         "reasoning":{"effort":"none","summary":null},"safety_identifier":"s",
         "prompt_cache_key":"k"})"));
  CHECK(repeated("").empty());
}

TEST_CASE("an unknown member is named for the log with the path to it, each name once") {
  const ResponseCreate create = accepted(R"({"type":"response.create","event_id":"e","colour":1,
      "text":{"font":2},"reasoning":{"depth":3},"octavo":{"speed":4},"stream_options":{"x":5},
      "input":[{"role":"user","content":[{"type":"input_text","text":"a","size":6},
                                         {"type":"input_text","text":"b","size":7}],"tone":8},
               {"role":"user","content":"c","tone":9}]})");
  std::vector<std::string> names = create.unknown_fields;
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{"colour", "input[].content[].size", "input[].tone",
                                          "octavo.speed", "reasoning.depth", "stream_options.x",
                                          "text.font"});
}

TEST_CASE("unknown members of other events are named as well, and their envelope is known") {
  const auto names = [](const char* frame) {
    return std::visit([](const auto& event) { return event.unknown_fields; },
                      *parse_client_event(frame));
  };
  const std::vector<std::string> extra{"extra"};
  CHECK(
      names(
          R"({"type":"response.cancel","response_id":"r","stream_id":"a","event_id":"e","extra":1})") ==
      extra);
  CHECK(names(R"({"type":"response.steer","previous_response_id":"r","input":"x","extra":1})") ==
        extra);
  CHECK(names(R"({"type":"octavo:subscribe","topic":"blocks","interval_ms":50,"extra":1})") ==
        extra);
  CHECK(names(R"({"type":"octavo:unsubscribe","topic":"blocks","extra":1})") == extra);
}

TEST_CASE("a frame names no more than 16 unknown members for the log") {
  std::string members;
  for (int i = 0; i < 1000; ++i)
    members += (i > 0 ? "," : "") + member("f" + std::to_string(i), "1");
  CHECK(accepted(create_frame(members)).unknown_fields.size() == 16);
}

TEST_CASE("of a prompt in tokens and one in words neither is dropped") {
  const std::string ids = R"("octavo":{"prompt_token_ids":[1]})";
  const std::string start = R"({"type":"response.create",)" + ids;
  for (const char* empty :
       {"", R"(,"input":"")", R"(,"input":[])", R"(,"input":null)", R"(,"instructions":"")"})
    CHECK(accepted(start + empty + "}").input_token_ids == std::vector<TokenId>{1});
  for (const auto& [param, member] : std::vector<std::pair<std::string, std::string>>{
           {"input", R"("input":"x")"},
           {"input", R"("input":[{"role":"user","content":"x"}])"},
           {"instructions", R"("instructions":"x")"}}) {
    const RefusedEvent refusal = refused(start + "," + member + "}");
    CHECK(refusal.error.code == Errc::kUnsupportedParameter);
    CHECK(refusal.error.param == param);
  }
}

TEST_CASE("two salts of one request must be one") {
  CHECK(accepted(create_frame(R"("cache_salt":"a","octavo":{"cache_salt":"a"})")).cache_salt ==
        "a");
  CHECK(refused(create_frame(R"("cache_salt":"a","octavo":{"cache_salt":"b"})")).error.param ==
        "cache_salt");
}

TEST_CASE("a refusal says whether it was a request that was refused") {
  for (const char* frame : {"{", "[]", "{}", R"({"type":"response.create","stream_id":""})",
                            R"({"type":"response.create"})"})
    CHECK(refused(frame).is_request);
  for (const char* frame : {R"({"type":"what"})", R"({"type":"response.cancel"})",
                            R"({"type":"response.cancel","stream_id":""})",
                            R"({"type":"octavo:subscribe"})", R"({"type":"response.steer"})"})
    CHECK_FALSE(refused(frame).is_request);
}
