#include "src/app/cli/commands/commands.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;

namespace {

Error refusal_of(const GenerateOptions& options) {
  const auto status = generate(options);
  return status ? Error{} : status.error();
}

/// What is said of these messages, without a model to send them to.
Error refusal_of(const std::string& messages) {
  const testing::TempFolder folder;
  folder.write("chat.json", messages);
  GenerateOptions options;
  options.model.model = "/nowhere";
  options.messages = folder.path() / "chat.json";
  return refusal_of(options);
}

}  // namespace

TEST_CASE("messages are refused as a server refuses them, with the file and the member") {
  for (const auto& [messages, member] : std::vector<std::pair<std::string, std::string>>{
           {R"([{"role":"user"}])", "[0].content"},
           {R"([{"role":"user","content":7}])", "[0].content"},
           {R"([{"role":"user","content":null}])", "[0].content"},
           {R"([{"content":"x"}])", "[0].role"},
           {R"([{"role":"user","content":"x"},{"role":"wizard","content":"x"}])", "[1].role"},
           {R"([{"role":"user","content":[{"type":"input_image"}]}])", "[0].content[0]"},
           {R"(["hello"])", "[0]"}}) {
    CAPTURE(messages);
    const Error error = refusal_of(messages);
    CHECK(error.param == "messages");
    CHECK(error.detail.starts_with("--messages: `"));
    CHECK(error.detail.find("chat.json`: input" + member) != std::string::npos);
  }
}

TEST_CASE("messages that a server takes reach the model") {
  for (const char* messages :
       {R"([{"role":"user","content":"x"}])",
        R"([{"role":"developer","content":[{"type":"text","text":"x"}]}])"}) {
    CAPTURE(messages);
    CHECK(refusal_of(messages).param == "model");
  }
}

TEST_CASE("token ids are numbers with single commas between them") {
  GenerateOptions options;
  options.model.model = "/nowhere";
  for (const char* ids : {"", ",", "1,", ",1", "1,,2", "1 2", "1,x", "1.5", "99999999999", "+1"}) {
    CAPTURE(ids);
    options.prompt_ids = ids;
    CHECK(refusal_of(options).param == "prompt-ids");
  }
  options.prompt_ids = "1,2,3";
  CHECK(refusal_of(options).param == "model");
}

TEST_CASE("a prompt is one of text, ids and messages") {
  GenerateOptions options;
  CHECK(refusal_of(options).param == "prompt");
  options.prompt = "x";
  options.prompt_ids = "1";
  CHECK(refusal_of(options).param == "prompt");
}
