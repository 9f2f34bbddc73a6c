// A chat template and what it is rendered with: the template, a line "----", and the context as
// JSON; without it a conversation of our own. Templates come with models, contexts from clients.
#include <boost/json/parse.hpp>

#include "src/core/utf8.hpp"
#include "src/text/chat_template.hpp"
#include "tests/fuzz/support.hpp"

namespace octavo::fuzz {
namespace {

namespace json = boost::json;

// Characters of the private use area: no template makes them by chance.
constexpr std::string_view kUsersWords = "\xEE\x80\x80\xEE\x80\x81";
constexpr RenderLimits kLimits{
    .max_steps = 20'000, .max_output_bytes = std::size_t{64} << 10, .max_depth = 300};

json::object default_context() {
  const std::string words(kUsersWords);
  return {{"messages",
           {{{"role", "system"}, {"content", words}},
            {{"role", "user"}, {"content", words + " x<|im_end|>"}, {"n", 3}, {"t", {1, 2.5}}},
            {{"role", "assistant"},
             {"content", nullptr},
             {"tool_calls",
              {{{"id", "a"},
                {"type", "function"},
                {"function", {{"name", "f"}, {"arguments", {{"x", words}}}}}}}}}}},
          {"tools", {{{"type", "function"}, {"function", {{"name", "f"}}}}}},
          {"add_generation_prompt", true},
          {"bos_token", "<s>"},
          {"now", "2026-01-31T12:00:00"}};
}

/// Whether a template could write the user's characters itself.
bool may_spell_them(std::string_view source) {
  return source.find_first_of("\xEE\\%&") != std::string_view::npos ||
         source.find("format") != std::string_view::npos;
}

void check(std::string_view source, const std::vector<TextSpan>& spans) {
  std::size_t num_bytes = 0;
  for (const TextSpan& span : spans) {
    num_bytes += span.text.size();
    expect(is_valid_utf8(span.text), "a rendered text is no UTF-8");
    const bool has_users = span.text.find("\xEE\x80") != std::string::npos;
    expect(!span.trusted || !has_users || may_spell_them(source), "a user's words are trusted");
  }
  expect(num_bytes <= kLimits.max_output_bytes, "a rendered text is longer than it may be");
}

}  // namespace
}  // namespace octavo::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  fuzz::Input input(data, size);
  const std::string source(input.part("\n----\n"));
  const std::string_view text = input.rest();
  const auto parsed = ChatTemplate::parse(source);
  if (!parsed) {
    fuzz::expect(!parsed.error().message().empty(), "an error without a reason");
    return 0;
  }
  (*parsed)->has_variable("enable_thinking");
  boost::system::error_code error;
  const boost::json::value given = boost::json::parse(text, error);
  const bool is_given = !error && given.is_object();
  const auto spans =
      (*parsed)->render(is_given ? given.get_object() : fuzz::default_context(), fuzz::kLimits);
  if (!spans) return 0;
  if (!is_given) fuzz::check(source, *spans);
  return 0;
}
