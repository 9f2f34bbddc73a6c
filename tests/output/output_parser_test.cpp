#include "src/output/output_parser.hpp"

#include <boost/json/parse.hpp>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

std::vector<Tool> tools() {
  Tool weather;
  weather.name = "get_weather";
  weather.parameters = json::parse(R"({"type":"object","properties":{"city":{"type":"string"},
      "days":{"type":"integer"},"units":{"type":["string","null"]},"at":{"type":"object"}}})")
                           .as_object();
  Tool now;
  now.name = "now";
  return {weather, now};
}

// The items in one line each: `text:...`, `think:...`, `name(arguments)`; `!` where one is broken.
std::vector<std::string> shown(const OutputItems& items) {
  std::vector<std::string> lines;
  for (const OutputItem& item : items.all()) {
    std::string line = item.kind == ItemKind::kMessage     ? "text:" + item.text
                       : item.kind == ItemKind::kReasoning ? "think:" + item.text
                                                           : item.name + "(" + item.text + ")";
    lines.push_back(item.is_broken ? line + "!" : line);
  }
  return lines;
}

struct Case {
  std::string syntax;
  std::string text;
  std::vector<std::string> items;
  std::string reasoning = "think";
  bool begins_in_reasoning = false;
};

// Where the text is cut: a piece ends before each of these bytes.
std::vector<std::string> parse(const Case& each, const std::vector<std::size_t>& cuts) {
  const auto format = chat_format_of("", {each.syntax, each.reasoning});
  REQUIRE(format.has_value());
  const std::vector<Tool> called = tools();
  const auto parser = make_output_parser(*format, called, each.begins_in_reasoning);
  REQUIRE(parser != nullptr);
  OutputItems items;
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    parser->append(std::string_view(each.text).substr(begin, cut - begin), items);
    begin = cut;
  }
  parser->append(std::string_view(each.text).substr(begin), items);
  parser->finish(items);
  items.end();
  return shown(items);
}

// Tokens end between characters, or the detokenizer holds them back until they do.
std::vector<std::size_t> character_ends(const std::string& text) {
  std::vector<std::size_t> ends;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) ends.push_back(i);
  }
  return ends;
}

const std::vector<Case> kCases{
    // Hermes, Qwen2.5, Qwen3
    {"hermes", "Just text, 1 < 2 and a <tag>.\n", {"text:Just text, 1 < 2 and a <tag>.\n"}},
    {"hermes", " ", {"text: "}},
    {"hermes", "", {}},
    {"hermes",
     "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Zürich\", \"days\": "
     "2}}\n</tool_call>",
     {R"(get_weather({"city":"Zürich","days":2}))"}},
    {"hermes",
     "I look.\n\n<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>\n<tool_call>\n"
     "{\"arguments\": {\"city\": \"a}b\"}, \"name\": \"get_weather\"}\n</tool_call>",
     {"text:I look.", "now({})", R"(get_weather({"city":"a}b"}))"}},
    {"hermes", "<tool_call>{\"name\":\"now\"}</tool_call>Done.", {"now({})", "text:Done."}},
    {"hermes",
     "<tool_call>{\"type\": \"function\", \"function\": {\"name\": \"now\", \"arguments\": "
     "\"{\\\"a\\\": 1}\"}}</tool_call>",
     {R"(now({"a":1}))"}},
    {"hermes",
     R"(<tool_call>{"arguments": null, "name": "now"}</tool_call>)"
     R"(<tool_call>{"name": "now", "arguments": [1]}</tool_call>)",
     {"now({})", "now({})!"}},
    {"hermes", "<tool_call>no call</tool_call>", {"text:<tool_call>no call</tool_call>"}},
    {"hermes",
     "<tool_call>{\"name\":\"now\"}</tool_call>x <tool_call>no</tool_call>",
     {"now({})", "text:x <tool_call>no</tool_call>"}},
    {"hermes",
     "<tool_call>{\"name\":\"now\"}</tool_call><tool_call>no</tool_call></tool_call> y",
     {"now({})", "text:<tool_call>no</tool_call></tool_call> y"}},
    {"hermes", "Say <tool_call> and go.", {"text:Say <tool_call> and go."}},
    {"hermes",
     "<tool_call>{\"name\": \"now\", \"arguments\": {\"a\": oops}}</tool_call> rest",
     {R"(now({"a":null})!)", "text:oops}}</tool_call> rest"}},
    {"hermes",
     "<think>\nLet me see.\n</think>\n\n<tool_call>{\"name\":\"now\"}</tool_call>",
     {"think:Let me see.", "now({})"}},
    {"hermes", "<think>\n\n</think>\n\nHello", {"text:Hello"}},
    {"hermes", "Hmm.\n</think>\nYes.", {"think:Hmm.", "text:Yes."}, "think", true},
    {"hermes", "Hmm, no end ", {"think:Hmm, no end "}, "think", true},
    {"hermes", "The mark <think> begins it.", {"text:The mark <think> begins it."}},
    // Qwen3-Coder
    {"qwen3_coder",
     "Look:\n<tool_call>\n<function=get_weather>\n<parameter=city>\nNew\nYork "
     "\"x\"\n</parameter>\n<parameter=days>\n3\n</parameter>\n<parameter=units>\nNone\n</"
     "parameter>"
     "\n<parameter=at>\n{\"x\": [1]}\n</parameter>\n</function>\n</tool_call>",
     {"text:Look:",
      R"(get_weather({"city":"New\nYork \"x\"","days":3,"units":null,"at":{"x": [1]}}))"}},
    {"qwen3_coder",
     "<function=now>\n</function>\n<function=get_weather><parameter=city>a < "
     "b</parameter></function>",
     {"now({})", R"(get_weather({"city":"a < b"}))"}},
    {"qwen3_coder",
     "<tool_call>\n<function=get_weather>\n<parameter=days>\nsoon\n</parameter>\n</tool_call>",
     {R"(get_weather({"days":"soon"}))"}},
    // GLM
    {"glm45",
     "<think>a</think>\n<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Bern</"
     "arg_value>\n"
     "<arg_key>days</arg_key>\n<arg_value>2</arg_value>\n</tool_call>\n<tool_call>now</"
     "tool_call>",
     {"think:a", R"(get_weather({"city":"Bern","days":2}))", "now({})"}},
    // Llama 3
    {"llama3_json",
     R"({"name": "get_weather", "parameters": {"city": "Bern"}}; {"name": "now", "parameters": {}})",
     {R"(get_weather({"city":"Bern"}))", "now({})"}},
    {"llama3_json",
     R"(<|python_tag|>{"type": "function", "name": "now", "parameters": {}})",
     {"now({})"}},
    {"llama3_json",
     R"(<|python_tag|>get_weather.call(city="Bern, CH", days=2, exact=True))",
     {R"(get_weather({"city":"Bern, CH","days":2,"exact":true}))"}},
    {"llama3_json", R"(<|python_tag|>now.call())", {"now({})"}},
    {"llama3_json", R"({"name": "now", "parameters": ""{a: 1}})", {"now({})!", R"(text:{a: 1}})"}},
    {"llama3_json", R"({"answer": 42})", {R"(text:{"answer": 42})"}},
    {"llama3_json", "{ braces } in text", {"text:{ braces } in text"}},
    // Mistral
    {"mistral",
     R"([TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Bern"}, "id": "abcdefghi"}, {"name": "now", "arguments": {}}])",
     {R"(get_weather({"city":"Bern"}))", "now({})"}},
    {"mistral_v11",
     R"([TOOL_CALLS]get_weather[CALL_ID]abcdefghi[ARGS]{"city": "Bern"}[TOOL_CALLS]now{})",
     {R"(get_weather({"city":"Bern"}))", "now({})"},
     "mistral"},
    {"mistral_v11",
     "[THINK]So.[/THINK]Yes [TOOL_CALLS]now[ARGS]{}",
     {"think:So.", "text:Yes", "now({})"},
     "mistral"},
    // DeepSeek
    {"deepseek_v3",
     "Well.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```"
     "json\n"
     "{\"city\": "
     "\"Bern\"}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>now\n"
     "```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
     {"text:Well.", R"(get_weather({"city":"Bern"}))", "now({})"}},
    {"deepseek_v31",
     "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{\"city\": \"Bern\"}"
     "<｜tool▁call▁end｜><｜tool▁call▁begin｜>now<｜tool▁sep｜>{}<｜tool▁call▁end｜><"
     "｜tool▁calls▁end｜>",
     {R"(get_weather({"city":"Bern"}))", "now({})"}},
    // Granite, Phi, Nemotron, Kimi, Seed
    {"granite",
     R"(<|tool_call|>[{"name": "get_weather", "arguments": {"city": "Bern"}}])",
     {R"(get_weather({"city":"Bern"}))"}},
    {"granite", R"(<tool_call>[{"name": "now", "arguments": {}}])", {"now({})"}},
    {"phi4_mini_json",
     R"(<|tool_call|>[{"name": "now", "arguments": {}}]<|/tool_call|>)",
     {"now({})"}},
    {"phi4_mini_json", R"(functools[{"name": "now", "arguments": {}}])", {"now({})"}},
    {"nemotron_json",
     R"(<TOOLCALL>[{"name": "now", "arguments": {}}, {"name": "now", "arguments": {"a": 1}}]</TOOLCALL>)",
     {"now({})", R"(now({"a":1}))"}},
    {"kimi_k2",
     R"(<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{"city": "Bern"}<|tool_call_end|><|tool_call_begin|>functions.now:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>)",
     {R"(get_weather({"city":"Bern"}))", "now({})"}},
    {"seed_oss",
     "<seed:think>a "
     "b</seed:think>\n<seed:tool_call>\n<function=get_weather>\n<parameter=city>Bern"
     "</parameter>\n</function>\n</seed:tool_call>",
     {"think:a b", R"(get_weather({"city":"Bern"}))"},
     "seed_oss"},
    // gpt-oss
    {"openai",
     "<|channel|>analysis<|message|>Thinking.<|end|><|start|>assistant<|channel|>final<|message|>"
     "Hello "
     "<b>.<|return|>",
     {"think:Thinking.", "text:Hello <b>."}},
    {"openai",
     "<|channel|>analysis<|message|>Need it.<|end|><|start|>assistant<|channel|>commentary "
     "to=functions.get_weather <|constrain|>json<|message|>{\"city\": \"Bern\"}<|call|>",
     {"think:Need it.", R"(get_weather({"city":"Bern"}))"}},
    {"openai",
     " to=functions.now<|channel|>commentary "
     "json<|message|>{}<|call|><|start|>assistant<|channel|>"
     "commentary<|message|>I wait.",
     {"now({})", "text:I wait."}},
    {"openai", "No header at all.", {"text:No header at all."}},
    {"openai",
     " to=functions.now<|channel|>commentary<|message|>{}\t \n\v so, and\t<|call|>",
     {"now({})", "text:so, and\t"}},
    {"openai", " to=functions.now<|message|>word<|call|>", {"now({})!", "text:word"}},
    {"openai", " to=functions.now<|message|> \n<|call|>", {"now({})"}},
};

// What is too long to be a name, a key or a header is none, however much of it comes at once.
std::vector<Case> long_cases() {
  const std::string name(300, 'n');
  const std::string header(1100, 'h');
  const std::vector<std::string> texts{
      "[TOOL_CALLS]" + name + "[ARGS]{}",
      "[TOOL_CALLS]f[CALL_ID]" + name + "[ARGS]{}",
      "<|python_tag|>" + name + ".call()",
      "<tool_call>\n<function=" + name + ">\n</function>\n</tool_call>",
      "<tool_call>" + name + "</tool_call>",
      "<|channel|>" + header + "<|message|>a",
      "<|channel|>" + header + "<|mess",
  };
  const std::vector<std::string> syntaxes{
      "mistral_v11", "mistral_v11", "llama3_json", "qwen3_coder", "glm45", "openai", "openai"};
  std::vector<Case> cases;
  for (std::size_t i = 0; i < texts.size(); ++i)
    cases.push_back({syntaxes[i], texts[i], {"text:" + texts[i]}});
  cases.push_back({"llama3_json",
                   "<|python_tag|>f.call(a=1, " + name + "=2)",
                   {"f({\"a\":1})!", "text:, " + name + "=2)"}});
  cases.push_back({"qwen3_coder",
                   "<function=now>\n<parameter=" + name + ">\n1\n</parameter>\n</function>",
                   {"now({})!", "text:" + name + ">\n1\n</parameter>\n</function>"}});
  cases.push_back({"hermes",
                   "<tool_call>{\"name\":\"now\",\"arguments\":{},\"" + name + "\":1}</tool_call>",
                   {"now({})"}});
  return cases;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases = kCases;
  for (Case& each : long_cases()) cases.push_back(std::move(each));
  return cases;
}

TEST_CASE("what a model says is parted into items, whichever way its family writes") {
  for (const Case& each : all_cases()) {
    INFO(each.syntax << ": " << each.text);
    CHECK(parse(each, {}) == each.items);
  }
}

TEST_CASE("a text that comes token by token is parted like one that comes at once") {
  for (const Case& each : all_cases()) {
    INFO(each.syntax << ": " << each.text);
    const std::vector<std::size_t> ends = character_ends(each.text);
    CHECK(parse(each, ends) == each.items);
    for (const std::size_t end : ends) REQUIRE(parse(each, {end}) == each.items);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      for (std::size_t k = i + 1; k < ends.size() && k <= i + 12; ++k)
        REQUIRE(parse(each, {ends[i], ends[k]}) == each.items);
    }
  }
}

TEST_CASE("an answer that is cut short anywhere leaves arguments that are JSON") {
  for (const Case& each : kCases) {
    const auto format = chat_format_of("", {each.syntax, each.reasoning});
    const std::vector<Tool> called = tools();
    for (const std::size_t end : character_ends(each.text)) {
      const auto parser = make_output_parser(*format, called, each.begins_in_reasoning);
      OutputItems items;
      parser->append(std::string_view(each.text).substr(0, end), items);
      parser->finish(items);
      items.end();
      for (const OutputItem& item : items.all()) {
        INFO(each.syntax << ": " << each.text.substr(0, end) << " -> " << item.text);
        REQUIRE(item.has_ended);
        if (item.kind != ItemKind::kFunctionCall) continue;
        boost::system::error_code error;
        REQUIRE(json::parse(item.text, error).is_object());
      }
    }
  }
}

TEST_CASE("an item only grows, and no character of it is taken back") {
  for (const Case& each : kCases) {
    const auto format = chat_format_of("", {each.syntax, each.reasoning});
    const std::vector<Tool> called = tools();
    const auto parser = make_output_parser(*format, called, each.begins_in_reasoning);
    OutputItems items;
    std::vector<OutputItem> before;
    for (const char c : each.text) {
      parser->append(std::string_view(&c, 1), items);
      REQUIRE(items.all().size() >= before.size());
      for (std::size_t i = 0; i < before.size(); ++i)
        REQUIRE(items.all()[i].text.starts_with(before[i].text));
      before = items.all();
    }
  }
}

TEST_CASE("where one call is allowed, the others are left out") {
  const auto format = chat_format_of("", {"mistral", "none"});
  const std::vector<Tool> called = tools();
  const auto parser = make_output_parser(*format, called, false);
  OutputItems items(1);
  parser->append(
      R"([TOOL_CALLS][{"name": "now", "arguments": {}}, {"name": "now", "arguments": {}}])", items);
  parser->finish(items);
  items.end();
  CHECK(shown(items) == std::vector<std::string>{"now({})"});
}

TEST_CASE("without tools calls are text, and without marks there is nothing to part") {
  const auto format = chat_format_of("", {"hermes", "think"});
  const std::vector<Tool> none;
  const auto parser = make_output_parser(*format, none, false);
  OutputItems items;
  const std::string text = "<tool_call>{\"name\":\"now\"}</tool_call>";
  parser->append(text, items);
  parser->finish(items);
  items.end();
  CHECK(shown(items) == std::vector<std::string>{"text:" + text});
  CHECK(make_output_parser(*chat_format_of("", {"hermes", "none"}), none, false) == nullptr);
}

}  // namespace
}  // namespace octavo
