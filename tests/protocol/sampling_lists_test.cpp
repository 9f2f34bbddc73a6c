// The fields of sampling that are lists, or that need one another.
#include <boost/json/parse.hpp>

#include "protocol/sampling_fields.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

struct Read {
  ResponseCreate create;
  std::optional<Error> error;
};

Read read(const std::string& members, bool include_logprobs = false) {
  const json::object object = json::parse("{" + members + "}").as_object();
  JsonReader fields(object);
  Read result;
  result.create.include_logprobs = include_logprobs;
  read_sampling(fields, result.create);
  result.error = fields.error();
  return result;
}

/// "[ITEM,ITEM,...]"
std::string list_of(const std::string& item, std::size_t count) {
  std::string list = "[";
  for (std::size_t i = 0; i < count; ++i) list += (i > 0 ? "," : "") + item;
  return list + "]";
}

/// The field at fault once the ranges are checked, too.
std::string at_fault(const std::string& members) {
  const Read result = read(members);
  if (result.error) return result.error->param;
  const auto checked = validate(result.create.sampling, 100);
  return checked ? "" : checked.error().param;
}

}  // namespace

TEST_CASE("a stop is one string or a list of them, in its order") {
  const auto stops = [](const std::string& value) {
    return read("\"stop\":" + value).create.sampling.stop;
  };
  CHECK(stops(R"("a")") == std::vector<std::string>{"a"});
  CHECK(stops(R"(["b","a","b"])") == std::vector<std::string>{"b", "a", "b"});
  CHECK(stops("[]").empty());
  CHECK(stops("null").empty());
  for (const char* value : {"7", "true", "{}", "[7]", "[[\"a\"]]", "[null]"}) {
    CAPTURE(value);
    const auto error = read(std::string("\"stop\":") + value).error;
    REQUIRE(error);
    CHECK(error->code == Errc::kInvalidValue);
    CHECK(error->param == "stop");
  }
}

TEST_CASE("lists are taken up to their length and refused beyond it") {
  const std::string longest(65536, 'x');
  CHECK(at_fault("\"stop\":" + list_of("\"a\"", 16)).empty());
  CHECK(at_fault("\"stop\":" + list_of("\"a\"", 17)) == "stop");
  CHECK(at_fault("\"stop\":\"" + longest + "\"").empty());
  CHECK(at_fault("\"stop\":\"" + longest + "x\"") == "stop");
  CHECK(at_fault(R"("stop":"")") == "stop");
  CHECK(at_fault("\"stop_token_ids\":" + list_of("1", 1024)).empty());
  CHECK(at_fault("\"stop_token_ids\":" + list_of("1", 1025)) == "stop_token_ids");
}

TEST_CASE("ids of stop tokens are whole numbers of 32 bits") {
  CHECK(read(R"("stop_token_ids":[3,2,3])").create.sampling.stop_token_ids ==
        std::vector<TokenId>{3, 2, 3});
  for (const char* value : {"[1.5]", "[\"1\"]", "[null]", "[2147483648]", "{}", "\"1\""}) {
    CAPTURE(value);
    const auto error = read(std::string("\"stop_token_ids\":") + value).error;
    REQUIRE(error);
    CHECK(error->code == Errc::kInvalidValue);
    CHECK(error->param == "stop_token_ids");
  }
}

TEST_CASE("a bias is keyed by the digits of a token's id") {
  using Biases = std::vector<std::pair<TokenId, float>>;
  CHECK(read(R"("logit_bias":{"7":1,"007":-0.5,"999999999":2})").create.sampling.logit_bias ==
        Biases{{7, 1.0F}, {7, -0.5F}, {999999999, 2.0F}});
  for (const char* value :
       {R"({"":1})", R"({"1x":1})", R"({" 1":1})", R"({"+1":1})", R"({"1.0":1})",
        R"({"1000000000":1})", R"({"1":null})", R"({"1":true})", "[]", "1"}) {
    CAPTURE(value);
    const auto error = read(std::string("\"logit_bias\":") + value).error;
    REQUIRE(error);
    CHECK(error->code == Errc::kInvalidValue);
    CHECK(error->param == "logit_bias");
  }
}

TEST_CASE("log-probabilities are asked for by their number or beforehand") {
  const auto num_logprobs = [](const char* members, bool include) {
    const Read result = read(members, include);
    CHECK(result.create.include_logprobs == (result.create.sampling.num_logprobs >= 0));
    return result.create.sampling.num_logprobs;
  };
  CHECK(num_logprobs("", false) == -1);
  CHECK(num_logprobs("", true) == 0);
  CHECK(num_logprobs(R"("top_logprobs":0)", false) == -1);
  CHECK(num_logprobs(R"("top_logprobs":0)", true) == 0);
  CHECK(num_logprobs(R"("top_logprobs":1)", false) == 1);
  CHECK(num_logprobs(R"("top_logprobs":20)", true) == 20);
  for (const char* members : {R"("top_logprobs":21)", R"("top_logprobs":-1)"}) {
    CHECK(read(members).error.value().param == "top_logprobs");
  }
}

TEST_CASE("what shapes a beam needs one, unless it says what is so anyway") {
  for (const char* members :
       {R"("length_penalty":1.0)", R"("early_stopping":false)",
        R"("beam_width":1,"length_penalty":0.5)", R"("beam_width":1,"early_stopping":"never")"}) {
    CAPTURE(members);
    CHECK_FALSE(read(members).error);
  }
  struct Case {
    const char* members;
    const char* param;
  };
  const auto [members, param] = GENERATE(Case{R"("length_penalty":0.5)", "length_penalty"},
                                         Case{R"("early_stopping":true)", "early_stopping"},
                                         Case{R"("early_stopping":"never")", "early_stopping"});
  CAPTURE(members);
  const auto error = read(members).error;
  REQUIRE(error);
  CHECK(error->code == Errc::kUnsupportedParameter);
  CHECK(error->param == param);
  CHECK(error->detail.find("beam_width") != std::string::npos);
}

TEST_CASE("a length penalty has its bounds and early stopping its three words") {
  const std::string beam = R"("beam_width":2,)";
  for (const char* value : {"-10", "10", "0"})
    CHECK(at_fault(beam + "\"length_penalty\":" + value).empty());
  for (const char* value : {"-10.001", "10.001"})
    CHECK(at_fault(beam + "\"length_penalty\":" + value) == "length_penalty");
  for (const char* value : {"\"true\"", "\"Never\"", "0", "[]"})
    CHECK(at_fault(beam + "\"early_stopping\":" + value) == "early_stopping");
}
