#include "protocol/sampling_fields.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

constexpr std::int32_t kVocabSize = 100;

/// What a request says, and the first thing that is wrong with it, by kind or by range.
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
  if (result.error) return result;
  SamplingParams sampling = result.create.sampling;
  sampling.temperature = result.create.temperature.value_or(sampling.temperature);
  sampling.top_p = result.create.top_p.value_or(sampling.top_p);
  sampling.top_k = result.create.top_k.value_or(sampling.top_k);
  sampling.min_p = result.create.min_p.value_or(sampling.min_p);
  sampling.max_tokens = result.create.max_tokens.value_or(sampling.max_tokens);
  sampling.repetition_penalty =
      result.create.repetition_penalty.value_or(sampling.repetition_penalty);
  if (const auto checked = validate(sampling, kVocabSize); !checked) result.error = checked.error();
  return result;
}

/// A field, values within its range and values outside of it, each as JSON.
struct Range {
  const char* field;
  std::vector<std::string> inside;
  std::vector<std::string> outside;
};

const std::vector<Range> kRanges{
    {"temperature", {"0", "2", "1.5", "2.0"}, {"-0.001", "2.001", "1e38", "1e300"}},
    {"top_p", {"0", "1", "0.001", "1.0"}, {"-0.1", "1.001"}},
    {"top_k", {"-1", "0", "1", "2147483647"}, {"-2", "-2147483648"}},
    {"min_p", {"0", "1", "0.5"}, {"-0.001", "1.001"}},
    {"repetition_penalty", {"0.001", "10", "1"}, {"0", "1e-300", "-1", "10.001"}},
    {"presence_penalty", {"-2", "2", "0"}, {"-2.001", "2.001"}},
    {"frequency_penalty", {"-2", "2", "0"}, {"-2.001", "2.001"}},
    {"max_output_tokens", {"1", "2147483647"}, {"0", "-1"}},
    {"min_tokens", {"0", "1", "2147483647"}, {"-1"}},
    {"n", {"1", "8"}, {"0", "9", "-1"}},
    {"top_logprobs", {"0", "20"}, {"-1", "21"}},
    {"beam_width", {"1", "16"}, {"0", "17", "-1"}},
    {"stop_token_ids", {"[]", "[0,99]"}, {"[100]", "[-1]"}},
    {"logit_bias",
     {"{}", R"({"0":-100,"99":100})"},
     {R"({"100":0})", R"({"1":100.001})", R"({"1":-100.001})", R"({"1":1e300})"}},
};

std::string member(const std::string& field, const std::string& value) {
  return "\"" + field + "\":" + value;
}

}  // namespace

TEST_CASE("a request that says nothing about sampling leaves every default") {
  const Read result = read("");
  CHECK_FALSE(result.error);
  CHECK(result.create.sampling == SamplingParams{});
  CHECK_FALSE(result.create.temperature);
  CHECK_FALSE(result.create.top_p);
  CHECK_FALSE(result.create.top_k);
  CHECK_FALSE(result.create.repetition_penalty);
}

TEST_CASE("each field is taken up to its bounds and refused beyond them, by its name") {
  for (const Range& range : kRanges) {
    for (const std::string& value : range.inside) {
      CAPTURE(range.field, value);
      CHECK_FALSE(read(member(range.field, value)).error);
    }
    for (const std::string& value : range.outside) {
      CAPTURE(range.field, value);
      const auto error = read(member(range.field, value)).error;
      REQUIRE(error);
      CHECK(error->code == Errc::kInvalidValue);
      CHECK(error->param == range.field);
      CHECK(error->detail.starts_with(std::string(range.field) + " must be "));
    }
  }
}

TEST_CASE("a field of another kind is refused by its name, and null counts as absent") {
  for (const Range& range : kRanges) {
    const bool is_list = range.field == std::string("stop_token_ids");
    for (const char* value : {"\"1\"", "true", "[\"1\"]", "7"}) {
      const bool is_number = std::string(value) == "7";
      if (is_number && range.field != std::string("logit_bias") && !is_list) continue;
      CAPTURE(range.field, value);
      const auto error = read(member(range.field, value)).error;
      REQUIRE(error);
      CHECK(error->code == Errc::kInvalidValue);
      CHECK(error->param == range.field);
    }
    CAPTURE(range.field);
    const Read absent = read(member(range.field, "null"));
    CHECK_FALSE(absent.error);
    CHECK(absent.create.sampling == SamplingParams{});
  }
}

TEST_CASE("a count must be whole and fit 32 bits") {
  for (const char* field :
       {"top_k", "max_output_tokens", "min_tokens", "n", "beam_width", "top_logprobs"}) {
    for (const char* value : {"1.5", "2147483648", "-2147483649", "1e20"}) {
      CAPTURE(field, value);
      const auto error = read(member(field, value)).error;
      REQUIRE(error);
      CHECK(error->code == Errc::kInvalidValue);
      CHECK(error->param == field);
    }
    CHECK_FALSE(read(member(field, "2.0")).error);
  }
}

TEST_CASE("a seed has 64 bits, with a sign or without a fraction") {
  const auto seed = [](const char* value) {
    return read(member("seed", value)).create.sampling.seed;
  };
  CHECK(seed("0") == 0U);
  CHECK(seed("9223372036854775807") == 9223372036854775807U);
  CHECK(seed("-1") == UINT64_MAX);
  CHECK(seed("9223372036854775808") == 9223372036854775808U);
  CHECK(seed("18446744073709551615") == UINT64_MAX);
  CHECK_FALSE(seed("null"));
  for (const char* value : {"0.5", "\"7\"", "true", "1e20", "18446744073709551616"}) {
    CAPTURE(value);
    const auto error = read(member("seed", value)).error;
    REQUIRE(error);
    CHECK(error->param == "seed");
  }
}

TEST_CASE("the least number of tokens is not above the most") {
  CHECK_FALSE(read(R"("max_output_tokens":5,"min_tokens":5)").error);
  const auto error = read(R"("max_output_tokens":5,"min_tokens":6)").error;
  REQUIRE(error);
  CHECK(error->param == "min_tokens");
}

TEST_CASE("the first thing that is wrong is the one that is told") {
  const auto error = read(R"("n":"x","temperature":"x","top_p":"x")").error;
  REQUIRE(error);
  CHECK(error->param == "temperature");
}
