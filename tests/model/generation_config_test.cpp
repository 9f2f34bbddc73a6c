#include "src/model/generation_config.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

DecoderSpec spec() {
  DecoderSpec spec;
  spec.vocab_size = 100;
  spec.eos_token_ids = {7, 2};
  return spec;
}

Result<GenerationConfig> read(const char* text) {
  const TempFolder folder;
  folder.write("generation_config.json", text);
  return read_generation_config(folder.path(), spec());
}

}  // namespace

TEST_CASE("end tokens are the union of both files") {
  CHECK(read(R"({"eos_token_id": [2, 5, 1]})")->eos_token_ids == std::vector<TokenId>{1, 2, 5, 7});
  CHECK(read(R"({"eos_token_id": 9})")->eos_token_ids == std::vector<TokenId>{2, 7, 9});
}

TEST_CASE("without the file the config's end tokens stand and nothing is recommended") {
  const TempFolder folder;
  const auto config = read_generation_config(folder.path(), spec());
  REQUIRE(config.has_value());
  CHECK(config->eos_token_ids == std::vector<TokenId>{2, 7});
  CHECK_FALSE(config->temperature);
  CHECK_FALSE(config->top_k);
}

TEST_CASE("recommended sampling is read where it is given") {
  const auto config = read(
      R"({"do_sample": true, "temperature": 0.5, "top_p": 0.75, "top_k": 20, "repetition_penalty": 1.25,
          "min_p": 0.125, "max_new_tokens": 40})");
  REQUIRE(config.has_value());
  CHECK(config->temperature == 0.5F);
  CHECK(config->top_p == 0.75F);
  CHECK(config->top_k == 20);
  CHECK(config->repetition_penalty == 1.25F);
  CHECK(config->min_p == 0.125);
  CHECK(config->max_new_tokens == 40);
  CHECK_FALSE(read(R"({"temperature": null})")->temperature);
}

TEST_CASE("the ends of each range are within it, a top_p of 0 among them") {
  const auto least = read(R"({"temperature": 0, "top_p": 0, "top_k": -1, "min_p": 0,
                             "max_new_tokens": 1})");
  REQUIRE(least.has_value());
  CHECK(least->temperature == 0.0);
  CHECK(least->top_p == 0.0);
  CHECK(least->top_k == -1);
  CHECK(least->min_p == 0.0);
  CHECK(least->max_new_tokens == 1);
  CHECK(least->warnings.empty());
  const auto most = read(R"({"temperature": 2, "top_p": 1, "min_p": 1, "repetition_penalty": 10,
                            "max_new_tokens": 2147483647})");
  CHECK(most->min_p == 1.0);
  CHECK(most->max_new_tokens == 2147483647);
  CHECK(most->warnings.empty());
}

TEST_CASE("a recommendation out of range is left out with a warning, and the others stand") {
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"temperature", "-1"},
                                                        {"temperature", "2.5"},
                                                        {"temperature", "\"hot\""},
                                                        {"top_p", "1.5"},
                                                        {"top_k", "1.5"},
                                                        {"top_k", "-2"},
                                                        {"min_p", "2"},
                                                        {"repetition_penalty", "0"},
                                                        {"repetition_penalty", "[1]"},
                                                        {"max_new_tokens", "0"},
                                                        {"max_new_tokens", "1e12"},
                                                        {"max_new_tokens", "true"}}) {
    CAPTURE(key, value);
    const auto config = read(("{\"" + key + "\": " + value + ", \"eos_token_id\": 9}").c_str());
    REQUIRE(config.has_value());
    CHECK(config->eos_token_ids == std::vector<TokenId>{2, 7, 9});
    CHECK_FALSE((config->temperature || config->top_p || config->top_k || config->min_p ||
                 config->repetition_penalty || config->max_new_tokens));
    REQUIRE(config->warnings.size() == 1);
    CHECK(config->warnings[0].rfind("generation_config.json: \"" + key + "\" must be ", 0) == 0);
  }
  const auto mixed = read(R"({"temperature": 9, "top_k": 20, "top_p": 7})");
  CHECK(mixed->top_k == 20);
  CHECK(mixed->warnings.size() == 2);
}

TEST_CASE("what is recommended and not followed is said, unless it changes nothing") {
  const auto said = read(R"({"typical_p": 0.5, "num_beams": 4, "suppress_tokens": [1],
                            "stop_strings": "x"})");
  CHECK(said->warnings.size() == 4);
  const auto neutral = read(R"({"typical_p": 1.0, "num_beams": 1, "suppress_tokens": [],
                               "stop_strings": null, "min_length": 0, "do_sample": true,
                               "transformers_version": "4.51.0", "pad_token_id": 3})");
  CHECK(neutral->warnings.empty());
}

TEST_CASE("a file that is no JSON or whose end tokens are none is refused") {
  CHECK(read(R"({"eos_token_id": {}})").error().code == Errc::kInvalidFile);
  CHECK(read("[").error().code == Errc::kInvalidFile);
}
