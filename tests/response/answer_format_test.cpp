// One description both holds a model to its calls and reads them: whatever a mask lets through is
// read as calls by their schemas.
#include "src/response/answer_format.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <random>

#include "src/response/response.hpp"
#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/request_events.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

namespace json = boost::json;

constexpr TokenId kEnd = 256;

// marks_are_tokens: as in most vocabularies, where a mark is one control token.
ServedModel model_of(const std::string& syntax, const std::string& reasoning,
                     bool marks_are_tokens) {
  ServedModel model;
  model.name = "m";
  model.max_model_len = 4096;
  model.format = chat_format_of("tools", {syntax, reasoning}).value();
  model.chat_template =
      ChatTemplate::parse("{% for m in messages %}{{ m.content }}{% endfor %}").value();
  json::array added{
      json::object{{"id", kEnd}, {"content", "<end>"}, {"special", true}, {"normalized", false}}};
  std::vector<std::string_view> marks = model.format.marks();
  std::erase_if(marks, [](std::string_view mark) { return mark.size() < 6; });
  std::ranges::sort(marks);
  marks.erase(std::unique(marks.begin(), marks.end()), marks.end());
  TokenId next = kEnd + 1;
  for (const std::string_view mark : marks) {
    if (!marks_are_tokens) break;
    model.mark_tokens.push_back(next);
    added.push_back(
        json::object{{"id", next++}, {"content", mark}, {"special", true}, {"normalized", false}});
  }
  model.vocab_size = next;
  model.tokenizer = byte_tokenizer(added);
  model.grammar = GrammarEngine::make(model.tokenizer, model.vocab_size, {kEnd}, model.mark_tokens);
  return model;
}

Tool weather() {
  Tool tool;
  tool.name = "get_weather";
  tool.has_parameters = true;
  tool.parameters = json::parse(R"({"type":"object","properties":{
      "city":{"type":"string","enum":["Bern","Zurich"]},
      "days":{"type":"integer","minimum":1,"maximum":9}},
      "required":["city","days"],"additionalProperties":false})")
                        .as_object();
  return tool;
}

ResponseCreate asking(ToolMode mode) {
  ResponseCreate create;
  create.input.push_back(json::object{{"role", "user"}, {"content", "q"}});
  create.tools = {weather(), {"now", "", false, {}, false}};
  create.tool_choice.mode = mode;
  return create;
}

// What a model without a will says within the masks, until it may end.
std::vector<TokenId> walk(const TokenConstraint& constraint, std::int32_t vocab_size,
                          std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<TokenId> said;
  const auto matcher = constraint.begin();
  std::vector<std::uint32_t> words((static_cast<std::size_t>(vocab_size) + 31) / 32);
  while (said.size() < 4000) {
    matcher->fill(words);
    std::vector<TokenId> allowed;
    for (TokenId token = 0; token < vocab_size; ++token) {
      if ((words[static_cast<std::size_t>(token / 32)] >> (token % 32) & 1U) != 0)
        allowed.push_back(token);
    }
    REQUIRE(!allowed.empty());
    const TokenId next = std::ranges::count(allowed, kEnd) > 0 && random() % 2 == 0
                             ? kEnd
                             : allowed[random() % allowed.size()];
    REQUIRE(matcher->accept(next));
    said.push_back(next);
    if (next == kEnd) break;
  }
  return said;
}

std::vector<OutputItem> items_of(const ServedModel& model, const ResponseCreate& create,
                                 Prompt prompt, const std::vector<TokenId>& tokens) {
  Response response(RequestId{1}, "resp_1", create, TimePoint{});
  response.begin_preparing();
  response.start(model, std::move(prompt), 0);
  std::vector<ResponseEvent> events;
  response.append(generated(tokens, 0, FinishReason::kStop), false, events);
  INFO(response.choice(0).text());
  return response.choice(0).items();
}

void check_call(const OutputItem& item) {
  INFO(item.name << " " << item.text);
  REQUIRE(item.kind == ItemKind::kFunctionCall);
  CHECK(!item.is_broken);
  const json::object arguments = json::parse(item.text).as_object();
  if (item.name == "now") {
    CHECK(arguments.empty());
    return;
  }
  CHECK(item.name == "get_weather");
  CHECK(arguments.size() == 2);
  CHECK((arguments.at("city") == "Bern" || arguments.at("city") == "Zurich"));
  CHECK((arguments.at("days").as_int64() >= 1 && arguments.at("days").as_int64() <= 9));
}

std::vector<std::string> all_syntaxes() {
  std::vector<std::string> names;
  std::string list(tool_syntax_names());
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(", ", at), list.size());
    names.push_back(list.substr(at, end - at));
    at = end + 2;
  }
  return names;
}

}  // namespace

TEST_CASE("a model that must call says calls by their schemas, in every syntax") {
  for (const bool marks_are_tokens : {false, true}) {
    for (const std::string& syntax : all_syntaxes()) {
      const ServedModel model = model_of(syntax, "none", marks_are_tokens);
      if (model.grammar == nullptr) return;
      const bool is_harmony = syntax == "openai";
      const ResponseCreate create = asking(ToolMode::kRequired);
      const auto prompt = prepare_prompt(model, create, nullptr);
      INFO(syntax << (prompt ? "" : ": " + prompt.error().message()));
      REQUIRE(prompt.has_value());
      // What it may think first has no end that a walk without a will would find.
      if (is_harmony) continue;
      std::size_t num_calls = 0;
      for (std::uint32_t seed = 0; seed < 12; ++seed) {
        const auto tokens = walk(*prompt->constraint, model.vocab_size, seed);
        const auto items = items_of(model, create, *prompt, tokens);
        INFO("seed " << seed);
        REQUIRE(!items.empty());
        for (const OutputItem& item : items) check_call(item);
        num_calls += items.size();
      }
      CHECK(num_calls > 12);  // Some say several.
    }
  }
}

TEST_CASE("where one call is asked for there is one, of the function that is named") {
  const ServedModel model = model_of("mistral", "none", true);
  if (model.grammar == nullptr) return;
  ResponseCreate create = asking(ToolMode::kRequired);
  create.tool_choice.allowed = {"now"};
  create.parallel_tool_calls = false;
  const auto prompt = prepare_prompt(model, create, nullptr);
  REQUIRE(prompt.has_value());
  for (std::uint32_t seed = 0; seed < 5; ++seed) {
    const auto items =
        items_of(model, create, *prompt, walk(*prompt->constraint, model.vocab_size, seed));
    REQUIRE(items.size() == 1);
    CHECK(items[0].name == "now");
  }
}

TEST_CASE("a strict tool holds a call that the model begins of its own accord, and no text") {
  const ServedModel model = model_of("hermes", "none", false);
  if (model.grammar == nullptr) return;
  ResponseCreate create = asking(ToolMode::kAuto);
  CHECK(!is_constrained(create));
  create.tools[0].is_strict = true;
  CHECK(is_constrained(create));
  const auto prompt = prepare_prompt(model, create, nullptr);
  REQUIRE(prompt.has_value());
  const auto takes = [&](const std::string& text) {
    const auto matcher = prompt->constraint->begin();
    return std::ranges::all_of(
        text, [&](char c) { return matcher->accept(static_cast<unsigned char>(c)); });
  };
  CHECK(takes("Any words, {\"and\": braces}."));
  const std::string begun = "Well.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": ";
  CHECK(takes(begun + "{\"city\": \"Bern\", \"days\": 3}}\n</tool_call>"));
  CHECK(!takes(begun + "{\"city\": \"Rome\""));
  CHECK(!takes("<tool_call>\n{\"name\": \"other"));
}

TEST_CASE("a strict tool whose schema no mask can hold is refused by name") {
  const ServedModel model = model_of("hermes", "none", false);
  if (model.grammar == nullptr) return;
  ResponseCreate create = asking(ToolMode::kRequired);
  create.tools[0].parameters["not"] = json::object();
  CHECK(prepare_prompt(model, create, nullptr).has_value());  // Not strict: any object.
  create.tools[0].is_strict = true;
  const auto prompt = prepare_prompt(model, create, nullptr);
  REQUIRE(prompt.has_error());
  CHECK(prompt.error().code == Errc::kUnsupportedParameter);
  CHECK(prompt.error().param == "tools.get_weather.parameters");
}

TEST_CASE("a model thinks first, and what it says then is held to the format") {
  for (const bool marks_are_tokens : {false, true}) {
    ServedModel model = model_of("hermes", "think", marks_are_tokens);
    if (model.grammar == nullptr) return;
    ResponseCreate create = asking(ToolMode::kNone);
    create.format = {OutputKind::kRegex, "[ab]{3}", false, "structured_outputs.regex"};
    const auto encode = [&](const std::string& text) {
      return model.tokenizer->encode(text, false).value();
    };
    const auto takes = [&](const Prompt& prompt, const std::string& text) {
      const auto matcher = prompt.constraint->begin();
      return std::ranges::all_of(encode(text), [&](TokenId id) { return matcher->accept(id); });
    };
    const auto plain = prepare_prompt(model, create, nullptr);
    REQUIRE(plain.has_value());
    CHECK(takes(*plain, "aba"));
    CHECK(takes(*plain, "<think>Is it c?</think>\n\naba"));
    CHECK(!takes(*plain, "<think>Is it c?</think>\n\nabc"));
    model.chat_template = ChatTemplate::parse("{{ messages[0].content }}<think>\n").value();
    const auto thinking = prepare_prompt(model, create, nullptr);
    REQUIRE(thinking.has_value());
    CHECK(thinking->begins_in_reasoning);
    CHECK(takes(*thinking, "So c?</think>\n\naba"));
    CHECK(!takes(*thinking, "So c?</think>\n\nc"));
  }
}
