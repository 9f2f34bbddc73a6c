#include "src/app/cli/flags/sampling_flags.hpp"

#include "tests/app/cli/parsed_flags.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;
using octavo::testing::fault_of;
using octavo::testing::NumberCase;

namespace {

std::string parse(ResponseCreate& create, std::vector<std::string> words) {
  CLI::App app;
  add_sampling(app, create);
  return fault_of(app, std::move(words));
}

std::string parse(std::vector<std::string> words) {
  ResponseCreate create;
  return parse(create, std::move(words));
}

}  // namespace

TEST_CASE("every flag of sampling lands in its field") {
  ResponseCreate create;
  CHECK(parse(create, {"--max-tokens",
                       "9",
                       "--min-tokens",
                       "2",
                       "--temperature",
                       "0.5",
                       "--top-k",
                       "-1",
                       "--top-p",
                       "0.25",
                       "--min-p",
                       "0.125",
                       "--repetition-penalty",
                       "1.5",
                       "--presence-penalty",
                       "-0.5",
                       "--frequency-penalty",
                       "0.75",
                       "--ignore-eos",
                       "--logprobs",
                       "3",
                       "--n",
                       "2"}) == "");
  CHECK(create.max_tokens == 9);
  CHECK(create.sampling.min_tokens == 2);
  CHECK(create.temperature == 0.5F);
  CHECK(create.top_k == -1);
  CHECK(create.top_p == 0.25F);
  CHECK(create.min_p == 0.125);
  CHECK(create.repetition_penalty == 1.5F);
  CHECK(create.sampling.presence_penalty == -0.5F);
  CHECK(create.sampling.frequency_penalty == 0.75F);
  CHECK(create.sampling.ignore_eos);
  CHECK(create.sampling.num_logprobs == 3);
  CHECK(create.sampling.n == 2);
}

TEST_CASE("what is not given is left to the model's own defaults") {
  ResponseCreate create;
  CHECK(parse(create, {}) == "");
  CHECK_FALSE(create.temperature.has_value());
  CHECK_FALSE(create.top_k.has_value());
  CHECK_FALSE(create.top_p.has_value());
  CHECK_FALSE(create.repetition_penalty.has_value());
  CHECK(create.sampling.num_logprobs == -1);
  CHECK(create.sampling.beam_width == 0);
  CHECK(create.sampling.n == 1);
  CHECK(parse(create, {"--temperature", "0"}) == "");
  CHECK(create.temperature == 0.0F);
}

TEST_CASE("numbers of sampling have bounds") {
  const std::vector<NumberCase> cases{
      {"--max-tokens", {"1", "2147483647"}, {"0", "-1", "2147483648", "x"}},
      {"--min-tokens", {"0", "2147483647"}, {"-1", "1.5"}},
      {"--logprobs", {"0", "20"}, {"-1", "21", "x"}},
      {"--n", {"1", "8"}, {"0", "9", "-1"}},
      {"--beam-width", {"1", "16"}, {"0", "17", "-1"}},
      {"--temperature", {"0", "2"}, {"warm", "", "-0.1", "2.1", "nan"}},
      {"--top-p", {"0", "0.1", "1"}, {"-0.1", "1.1", "nan"}},
      {"--min-p", {"0", "1"}, {"-0.1", "1.1", "inf"}},
      {"--repetition-penalty", {"0.1", "10"}, {"0", "10.1", "-1"}},
      {"--presence-penalty", {"-2", "2"}, {"-2.1", "2.1"}},
      {"--frequency-penalty", {"-2", "2"}, {"-2.1", "1e39"}},
      {"--stop-token-id", {"0", "2147483647"}, {"-1", "2147483648", "x"}},
      {"--top-k", {"-1", "0", "50"}, {"-2", "2147483648", "1.5", "x"}}};
  for (const NumberCase& each : cases) {
    for (const std::string& value : each.good) {
      CAPTURE(each.flag, value);
      CHECK(parse({each.flag, value}) == "");
    }
    for (const std::string& value : each.bad) {
      CAPTURE(each.flag, value);
      CHECK(parse({each.flag + "=" + value}).find(each.flag) != std::string::npos);
    }
  }
}

TEST_CASE("what the sampling is refused with names the flags") {
  const auto said = [](const char* detail, const char* param) {
    const Error error = in_flags({Errc::kInvalidValue, detail, param});
    return error.param + "|" + error.detail;
  };
  CHECK(said("min_tokens must be between 0 and max_output_tokens", "min_tokens") ==
        "min-tokens|--min-tokens must be between 0 and --max-tokens");
  CHECK(said("stop_token_ids must be ids of the vocabulary", "stop_token_ids") ==
        "stop-token-id|--stop-token-id must be ids of the vocabulary");
  CHECK(said("top_logprobs cannot be combined with beam_width: leave one of them out",
             "top_logprobs") ==
        "logprobs|--logprobs cannot be combined with --beam-width: leave one of them out");
  CHECK(said("n must be at most beam_width", "n") == "n|--n must be at most --beam-width");
  CHECK(said("temperature must be between 0 and 2", "temperature") ==
        "temperature|--temperature must be between 0 and 2");
}

TEST_CASE("stops are given one at a time, and keep their spaces and commas") {
  ResponseCreate create;
  CHECK(parse(create, {"--stop", "a b", "--stop", ",", "--stop-token-id", "7", "--stop-token-id",
                       "9"}) == "");
  CHECK(create.sampling.stop == std::vector<std::string>{"a b", ","});
  CHECK(create.sampling.stop_token_ids == std::vector<TokenId>{7, 9});
  CHECK(parse({"--stop", "a", "b"}) != "");
  CHECK(parse({"--stop-token-id", "seven"}) != "");
}

TEST_CASE("beams are scored and end early as they are told") {
  const std::vector<std::pair<const char*, EarlyStopping>> modes{{"true", EarlyStopping::kTrue},
                                                                 {"false", EarlyStopping::kFalse},
                                                                 {"never", EarlyStopping::kNever}};
  for (const auto& [name, mode] : modes) {
    CAPTURE(name);
    ResponseCreate create;
    CHECK(parse(create,
                {"--early-stopping", name, "--beam-width", "4", "--length-penalty", "-0.5"}) == "");
    CHECK(create.sampling.beam_width == 4);
    CHECK(create.sampling.length_penalty == -0.5F);
    CHECK(create.sampling.early_stopping == mode);
  }
  CHECK(parse({"--beam-width", "4", "--early-stopping", "maybe"}) != "");
}

TEST_CASE("what is about beams needs a beam search") {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--length-penalty", "1"}, {"--early-stopping", "true"}}) {
    CAPTURE(words[0]);
    CHECK(parse(words).find("--beam-width") != std::string::npos);
  }
}
