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
      R"({"do_sample": true, "temperature": 0.5, "top_p": 0.75, "top_k": 20, "repetition_penalty": 1.25})");
  REQUIRE(config.has_value());
  CHECK(config->temperature == 0.5F);
  CHECK(config->top_p == 0.75F);
  CHECK(config->top_k == 20);
  CHECK(config->repetition_penalty == 1.25F);
  CHECK_FALSE(read(R"({"temperature": null})")->temperature);
}

TEST_CASE("recommendations out of range are refused by name") {
  CHECK(read(R"({"temperature": -1})").error().detail ==
        "generation_config.json: \"temperature\" must be a number between 0 and 2");
  CHECK(read(R"({"top_p": 0})").error().code == Errc::kInvalidFile);
  CHECK(read(R"({"top_k": 1.5})").error().code == Errc::kInvalidFile);
  CHECK(read(R"({"eos_token_id": {}})").error().code == Errc::kInvalidFile);
  CHECK(read("[").error().code == Errc::kInvalidFile);
}
