#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>
#include <sstream>

#include "src/app/cli/commands/commands.hpp"
#include "tests/app/cli/captured_output.hpp"
#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;
using octavo::testing::output_of;

namespace {

/// Standard input that holds `text`, as long as it lives.
class Input {
 public:
  explicit Input(const std::string& text) : text_(text), before_(std::cin.rdbuf(text_.rdbuf())) {
    std::cin.clear();
  }
  ~Input() { std::cin.rdbuf(before_); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

 private:
  std::istringstream text_;
  std::streambuf* before_;
};

/// The demo model's answer to {"ids": ids}, or the error.
Result<int> decoded(const std::string& ids) {
  const Input input("{\"ids\":" + ids + "}");
  return tokenize("", true, false);
}

/// A chat of one message and a template that prints its content between brackets.
struct Chat : testing::TempFolder {
  RenderOptions options;
  Chat() {
    write("chat.json", R"([{"role":"user","content":"Hi."}])");
    write("brackets.jinja", "[{{ messages[0].content }}]");
    write("object.json", R"({"messages":[{"content":"Ho."}]})");
    options.messages = path() / "chat.json";
  }
  std::string file(const char* name) const { return path() / name; }
};

std::string text_of(const RenderOptions& options) {
  const std::string line = output_of([&] { REQUIRE(render(options).has_value()); });
  return boost::json::parse(line).as_object().at("text").as_string().c_str();
}

std::string param_of(const RenderOptions& options) {
  const auto status = render(options);
  return status ? "" : status.error().param;
}

}  // namespace

TEST_CASE("ids that stand for a token are decoded") {
  CHECK(output_of([] { CHECK(decoded("[97, 0]").has_value()); }).find("text") != std::string::npos);
  CHECK(output_of([] { CHECK(decoded("[]").has_value()); }) == "{\"text\":\"\"}\n");
}

TEST_CASE("an id that stands for nothing is refused by its number") {
  for (const std::string id : {"99999999", "4096", "-1", "2147483647"}) {
    CAPTURE(id);
    const auto status = decoded("[97," + id + "]");
    REQUIRE(status.has_error());
    CHECK(status.error().code == Errc::kInvalidValue);
    CHECK(status.error().detail.find("token id " + id + " ") != std::string::npos);
  }
  for (const char* ids : {"[1.5]", "[\"1\"]", "[99999999999]", "7", "[null]"}) {
    CAPTURE(ids);
    CHECK(decoded(ids).error().code == Errc::kInvalidJson);
  }
}

TEST_CASE("a template that is given is used in place of the model's") {
  Chat chat;
  CHECK(text_of(chat.options) == "<|bos|><|user|>Hi.<|end|><|assistant|>");
  chat.options.chat_template = chat.file("brackets.jinja");
  CHECK(text_of(chat.options) == "[Hi.]");
  chat.options.chat_template = "/nowhere.jinja";
  const auto status = render(chat.options);
  REQUIRE(status.has_error());
  CHECK(status.error().code == Errc::kIo);
}

TEST_CASE("the model's template for tools is taken when there are tools") {
  const Chat chat;
  chat.write("tokenizer.json", boost::json::serialize(testing::byte_tokenizer_file()));
  chat.write("tools.json", "[]");
  chat.write("tokenizer_config.json", R"({"chat_template": [
    {"name": "default", "template": "plain {{ tools is none }}"},
    {"name": "tool_use", "template": "tools {{ tools|length }}"}]})");
  RenderOptions options = chat.options;
  options.model = chat.path().string();
  CHECK(text_of(options) == "plain True");
  options.tools = chat.file("tools.json");
  CHECK(text_of(options) == "tools 0");
}

TEST_CASE("variables go with a template alone, and nothing that is given is left out silently") {
  const Chat chat;
  RenderOptions options;
  options.context = chat.file("object.json");
  CHECK(param_of(options) == "context");
  options.chat_template = chat.file("brackets.jinja");
  CHECK(text_of(options) == "[Ho.]");
  const auto with = [&](auto change) {
    RenderOptions more = options;
    change(more);
    return param_of(more);
  };
  CHECK(with([&](auto& o) { o.messages = chat.file("chat.json"); }) == "context");
  CHECK(with([&](auto& o) { o.tools = chat.file("chat.json"); }) == "context");
  CHECK(with([](auto& o) { o.no_generation_prompt = true; }) == "context");
  CHECK(with([](auto& o) { o.model = "/nowhere"; }) == "context");
}

TEST_CASE("messages and tools are lists, and the flag of what is none is named") {
  Chat chat;
  chat.options.tools = chat.file("object.json");
  CHECK(param_of(chat.options) == "tools");
  chat.options.messages = chat.file("object.json");
  CHECK(param_of(chat.options) == "messages");
  CHECK(param_of({}) == "messages");
}
