#include "protocol/compact_body.hpp"

#include <boost/json/parse.hpp>

#include "protocol/text_endpoint.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/encoded_answer.hpp"

using namespace octavo;
using namespace octavo::testing;
namespace json = boost::json;

namespace {

constexpr HashKey kKey{1, 2};

json::object body_of(const std::string& members) {
  return json::parse("{\"model\":\"m\"," + members + "}").as_object();
}

Result<ResponseCreate> summary_of(const std::string& members) {
  return parse_summary(body_of(members));
}

}  // namespace

TEST_CASE("a compaction keeps the conversation, or has it summed up, as octavo.summary says") {
  CHECK_FALSE(asks_for_summary(body_of(R"("input":"a")")));
  CHECK_FALSE(asks_for_summary(body_of(R"("input":"a","octavo":{"summary":false})")));
  CHECK(asks_for_summary(body_of(R"("input":"a","octavo":{"summary":true})")));
  const auto wrong = parse_compact(R"({"model":"m","input":"a","octavo":{"summary":"yes"}})");
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().code == Errc::kInvalidValue);
  CHECK(wrong.error().param == "octavo.summary");
}

TEST_CASE(
    "the question for a summary stands after the conversation, in no second message in a row") {
  const auto after_answer = summary_of(
      R"("input":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],
         "octavo":{"summary":true})");
  REQUIRE(after_answer.has_value());
  REQUIRE(after_answer->input.size() == 3);
  CHECK(after_answer->input[2].at("role") == "user");
  const auto after_question = summary_of(R"("input":"a","octavo":{"summary":true})");
  REQUIRE(after_question.has_value());
  REQUIRE(after_question->input.size() == 1);
  const json::string& content = after_question->input[0].at("content").as_string();
  CHECK(content.starts_with("a\n\n"));
  const auto of_parent = summary_of(R"("previous_response_id":"resp_1","octavo":{"summary":true})");
  REQUIRE(of_parent.has_value());
  CHECK(of_parent->input.size() == 1);
}

TEST_CASE("a summary is stored, bounded, and calls nothing") {
  const auto made = summary_of(
      R"("input":"a","store":false,"octavo":{"summary":true},"tools":[{"type":"function",
         "name":"f","parameters":{}}],"tool_choice":"required")");
  REQUIRE(made.has_value());
  CHECK(made->store);
  CHECK(made->is_summary);
  CHECK(made->max_tokens == 1024);
  CHECK(made->tools.empty());
  CHECK(made->tool_choice.mode == ToolMode::kAuto);
  CHECK(made->unknown_fields.empty());
  CHECK(summary_of(R"("input":"a","max_output_tokens":9,"octavo":{"summary":true})")->max_tokens ==
        9);
}

TEST_CASE("the item for a summary names the response whose answer it is, for one tenant") {
  const auto answer = make_summary_answer(kKey);
  ResponseCreate create;
  create.tenant = 5;
  create.is_summary = true;
  EncodedAnswer encoded(*answer, create);
  encoded.hear(said("short", 0, FinishReason::kStop));
  encoded.end(finished(FinishReason::kStop, 3));
  const json::object body = json::parse(answer->finish()).as_object();
  CHECK(body.at("object") == "response.compaction");
  const json::object& item = body.at("output").at(0).as_object();
  CHECK(item.at("id") == "cmp_1");
  const json::string& handle = item.at("encrypted_content").as_string();
  CHECK(id_of_compaction(kKey, 5, handle) == "resp_1");
  CHECK_FALSE(id_of_compaction(kKey, 6, handle));
  CHECK(body.at("usage").at("output_tokens") == 5);
}

TEST_CASE("a deep body may ask for a summary as far down as bodies may be nested") {
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  const std::string body =
      R"({"model":"m","input":"a","metadata":)" + deep + R"(,"octavo":{"summary":true}})";
  CHECK(text_endpoint_of(RouteName::kResponseCompact, body, 64) == TextEndpoint::kSummaries);
  CHECK_FALSE(text_endpoint_of(RouteName::kResponseCompact, body, 32));
  CHECK_FALSE(text_endpoint_of(RouteName::kResponseCompact, R"({"input":"a"})"));
  CHECK(text_endpoint_of(RouteName::kChatCompletions, "") == TextEndpoint::kChatCompletions);
}
