#include <boost/json.hpp>
#include <sstream>

#include "tests/support/catch.hpp"
#include "tests/text/data_files.hpp"

namespace octavo {
namespace {

constexpr std::string_view kSeparator = "\n__ggml_vocab_test__\n";

std::vector<std::string> split_inputs(const std::string& text) {
  std::vector<std::string> inputs;
  std::size_t begin = 0;
  for (std::size_t at = text.find(kSeparator); at != std::string::npos;
       at = text.find(kSeparator, begin)) {
    inputs.push_back(text.substr(begin, at - begin));
    begin = at + kSeparator.size();
  }
  if (begin < text.size()) inputs.push_back(text.substr(begin));
  return inputs;
}

std::vector<TokenId> read_ids(const std::string& line) {
  std::istringstream stream(line);
  std::vector<TokenId> ids;
  for (TokenId id = 0; stream >> id;) ids.push_back(id);
  return ids;
}

}  // namespace

TEST_CASE("every recorded text gives the vendor's own tokens", "[text]") {
  const auto folders = testing::tokenizer_folders_with("vectors.out");
  REQUIRE(folders.size() >= 2);
  for (const auto& folder : folders) {
    INFO(folder);
    const auto tokenizer = Tokenizer::load(folder);
    INFO((tokenizer ? "" : tokenizer.error().message()));
    REQUIRE(tokenizer);
    const auto inputs = split_inputs(testing::read_file(folder / "vectors.inp"));
    std::istringstream lines(testing::read_file(folder / "vectors.out"));
    std::size_t num_lines = 0;
    for (std::string line; std::getline(lines, line); ++num_lines) {
      REQUIRE(num_lines < inputs.size());
      CAPTURE(inputs[num_lines]);
      CHECK((*tokenizer)->encode(inputs[num_lines], false).value() == read_ids(line));
    }
    CHECK(num_lines >= inputs.size());
  }
}

TEST_CASE("every recorded control token gives its id", "[text]") {
  for (const auto& root : testing::data_roots()) {
    const auto file = root / "tokenizers" / "special-token-vectors.json";
    if (!std::filesystem::exists(file)) continue;
    const auto items = testing::read_json(file);
    for (const auto& item : items.as_array()) {
      const auto tokenizer =
          Tokenizer::load(root / "tokenizers" / item.at("tokenizer").as_string().c_str());
      REQUIRE(tokenizer);
      const auto expected = boost::json::value_to<std::vector<TokenId>>(item.at("ids"));
      const auto text = boost::json::value_to<std::string>(item.at("text"));
      CHECK((*tokenizer)->encode(text, item.at("add_special_tokens").as_bool()).value() ==
            expected);
    }
  }
}

TEST_CASE("every text has as many tokens as a running server counted", "[text]") {
  for (const auto& root : testing::data_roots()) {
    const auto file = root / "tokenizers" / "server-counted-lengths.json";
    if (!std::filesystem::exists(file)) continue;
    const auto items = testing::read_json(file);
    const auto tokenizer = Tokenizer::load(root / "tokenizers" / "qwen2");
    REQUIRE(tokenizer);
    for (const auto& item : items.as_array()) {
      const auto text = boost::json::value_to<std::string>(item.at("text"));
      CAPTURE(text);
      CHECK(static_cast<std::int64_t>((*tokenizer)->encode(text, true).value().size()) ==
            item.at("input_len").as_int64());
    }
  }
}

}  // namespace octavo
