// What a model says, in every family's way of marking thoughts and calls: cut anywhere between
// characters, it gives the same items as the whole, items only grow, and arguments end as JSON.
#include <array>
#include <boost/json/parse.hpp>
#include <string>
#include <vector>

#include "src/core/utf8.hpp"
#include "src/output/output_parser.hpp"
#include "tests/fuzz/support.hpp"

namespace octavo::fuzz {
namespace {

constexpr std::array kSyntaxes{"hermes",        "qwen3_coder", "glm45",          "llama3_json",
                               "mistral",       "mistral_v11", "deepseek_v3",    "deepseek_v31",
                               "granite",       "kimi_k2",     "phi4_mini_json", "seed_oss",
                               "nemotron_json", "openai"};
constexpr std::array kReasonings{"think", "none", "mistral", "seed_oss"};

std::vector<Tool> tools() {
  Tool weather;
  weather.name = "f";
  weather.parameters =
      boost::json::parse(R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":
          "integer"},"c":{"type":["string","null"]},"d":{"type":"object"}}})")
          .as_object();
  Tool now;
  now.name = "now";
  return {weather, now};
}

/// What was told of an answer may be continued, never taken back.
void check_growth(const std::vector<OutputItem>& before, const std::vector<OutputItem>& after) {
  expect(after.size() >= before.size(), "an item was taken back");
  for (std::size_t i = 0; i < before.size(); ++i) {
    expect(after[i].kind == before[i].kind && after[i].name == before[i].name, "an item changed");
    expect(after[i].text.starts_with(before[i].text), "the text of an item was taken back");
    expect(!before[i].has_ended || after[i].text == before[i].text, "an item grew after its end");
  }
}

/// cuts: the lengths of the pieces, again and again; empty: the whole at once.
std::vector<OutputItem> parse(OutputParser& parser, std::string_view text, std::string_view cuts) {
  OutputItems items;
  std::vector<OutputItem> before;
  for (std::size_t i = 0; !text.empty(); ++i) {
    std::size_t length = cuts.empty() ? text.size() : 1 + cuts[i % cuts.size()] % 16U;
    while (length < text.size() && (static_cast<std::uint8_t>(text[length]) & 0xC0U) == 0x80U)
      ++length;  // Tokens are made text by whole characters.
    length = std::min(length, text.size());
    parser.append(text.substr(0, length), items);
    text.remove_prefix(length);
    check_growth(before, items.all());
    before = items.all();
  }
  parser.finish(items);
  items.end();
  check_growth(before, items.all());
  return items.all();
}

void check_items(const std::vector<OutputItem>& items) {
  for (const OutputItem& item : items) {
    expect(item.has_ended, "an item has no end");
    if (item.kind != ItemKind::kFunctionCall) continue;
    boost::system::error_code error;
    boost::json::parse_options options;
    options.max_depth = 100'000;
    const auto arguments = boost::json::parse(item.text, error, {}, options);
    expect(!error && arguments.is_object(), "the arguments of a call are no JSON object");
  }
}

/// One line for each item.
std::string shown(const std::vector<OutputItem>& items) {
  constexpr std::array kKinds{"text: ", "think: ", "call: "};
  std::string lines;
  for (const OutputItem& item : items) {
    lines += kKinds.at(static_cast<std::size_t>(item.kind)) + item.name + "|" + item.text +
             (item.is_broken ? "|!\n" : "|\n");
  }
  return lines;
}

}  // namespace
}  // namespace octavo::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  fuzz::Input input(data, size);
  const std::string syntax = fuzz::kSyntaxes.at(input.pick(fuzz::kSyntaxes.size()));
  const std::string reasoning = fuzz::kReasonings.at(input.pick(fuzz::kReasonings.size()));
  const std::size_t mode = input.pick(4);
  const std::string_view cuts = input.take(4);
  const std::string text = replace_broken_utf8(input.rest());
  const ChatFormat format = chat_format_of("", {syntax, reasoning}).value();
  const std::vector<Tool> tools = mode >= 2 ? std::vector<Tool>() : fuzz::tools();
  const bool is_thinking = mode % 2 == 1;
  const auto whole = make_output_parser(format, tools, is_thinking);
  if (whole == nullptr || cuts.empty()) return 0;
  const auto pieces = make_output_parser(format, tools, is_thinking);
  const auto items = fuzz::parse(*whole, text, {});
  fuzz::check_items(items);
  const std::string at_once = fuzz::shown(items);
  const std::string in_pieces = fuzz::shown(fuzz::parse(*pieces, text, cuts));
  fuzz::expect(at_once == in_pieces, "a text in pieces gives other items than at once:\n" +
                                         at_once + "in pieces:\n" + in_pieces);
  return 0;
}
