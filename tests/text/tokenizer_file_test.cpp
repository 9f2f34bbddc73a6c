#include <boost/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/text/data_files.hpp"

namespace octavo {
namespace {

namespace json = boost::json;
using Ids = std::vector<TokenId>;

/// A tiny byte-level tokenizer to be spoilt.
json::object small_file() {
  return json::parse(R"({
    "added_tokens": [{"id": 4, "content": "<end>", "special": true}],
    "normalizer": null, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
    "post_processor": null, "decoder": {"type": "ByteLevel"},
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "c": 3}, "merges": ["a b"]}})")
      .as_object();
}

Result<std::shared_ptr<const Tokenizer>> load(const json::value& file) {
  const testing::TemporaryFolder folder;
  folder.write("tokenizer.json", json::serialize(file));
  return Tokenizer::load(folder.path());
}

Ids encode_with(const char* member, const char* spec, std::string_view text) {
  json::object file = small_file();
  file[member] = json::parse(spec);
  const auto tokenizer = load(file);
  INFO((tokenizer ? "" : tokenizer.error().message()));
  REQUIRE(tokenizer);
  return (*tokenizer)->encode(text, true).value();
}

}  // namespace

TEST_CASE("merges may be strings or pairs and the model's type may be absent", "[text]") {
  json::object file = small_file();
  CHECK((*load(file))->encode("ab", false).value() == Ids{2});
  file["model"].as_object()["merges"] = json::parse(R"([["a", "b"]])");
  file["model"].as_object().erase("type");
  CHECK((*load(file))->encode("ab", false).value() == Ids{2});
}

TEST_CASE("a word of the vocabulary is one token where merges are ignored", "[text]") {
  json::object file = small_file();
  file["model"].as_object()["vocab"].as_object()["abc"] = 5;
  CHECK((*load(file))->encode("abc", false).value() == Ids{2, 3});
  file["model"].as_object()["ignore_merges"] = true;
  CHECK((*load(file))->encode("abc", false).value() == Ids{5});
}

TEST_CASE("what a normalizer says is done before encoding", "[text]") {
  CHECK(encode_with("normalizer", R"({"type": "Lowercase"})", "AB") == Ids{2});
  CHECK(encode_with("normalizer", R"({"type": "Strip"})", " ab ") == Ids{2});
  CHECK(encode_with("normalizer", R"({"type": "Prepend", "prepend": "a"})", "b") == Ids{2});
  CHECK(encode_with("normalizer",
                    R"({"type": "Replace", "pattern": {"Regex": "x+"}, "content": "a"})",
                    "xxxb") == Ids{2});
  CHECK(encode_with("normalizer",
                    R"({"type": "Sequence", "normalizers": [{"type": "NFD"},
                        {"type": "StripAccents"}]})",
                    "áb") == Ids{2});
}

TEST_CASE("every behavior of a split cuts where it says", "[text]") {
  const auto encode = [](std::string_view behavior, const char* text) {
    json::object file = small_file();
    file["model"].as_object()["vocab"].as_object()["cc"] = 5;
    file["model"].as_object()["merges"] = json::array{"a b", "b c", "c a", "c c"};
    for (const char* piece : {"bc", "ca"}) {
      auto& vocab = file["model"].as_object()["vocab"].as_object();
      vocab[piece] = static_cast<std::int64_t>(vocab.size()) + 1;
    }
    file["pre_tokenizer"] = json::parse(R"({"type": "Sequence", "pretokenizers": [{"type": "Split",
      "pattern": {"String": "c"}, "invert": false}, {"type": "ByteLevel", "use_regex": false,
      "add_prefix_space": false}]})");
    file["pre_tokenizer"].at("pretokenizers").at(0).as_object()["behavior"] = behavior;
    const auto tokenizer = load(file);
    REQUIRE(tokenizer);
    return (*tokenizer)->encode(text, false).value();
  };
  CHECK(encode("Removed", "bca") == Ids{1, 0});
  CHECK(encode("Isolated", "bcca") == Ids{1, 3, 3, 0});
  CHECK(encode("Contiguous", "bcca") == Ids{1, 5, 0});
  CHECK(encode("MergedWithPrevious", "bca") == Ids{6, 0});
  CHECK(encode("MergedWithNext", "bca") == Ids{1, 7});
}

TEST_CASE("an added token takes the blanks beside it where its file says so", "[text]") {
  constexpr const char* kTokens = R"([{"id": 4, "content": "<end>", "special": true,
    "lstrip": true, "rstrip": true}])";
  CHECK(encode_with("added_tokens", kTokens, "a <end> \n b") == Ids{0, 4, 1});
  constexpr const char* kWord = R"([{"id": 4, "content": "c", "single_word": true}])";
  CHECK(encode_with("added_tokens", kWord, "acb") == Ids{0, 3, 1});
  CHECK(encode_with("added_tokens", kWord, "c") == Ids{4});
}

TEST_CASE("the longest of the added tokens that begin together is found", "[text]") {
  constexpr const char* kTokens =
      R"([{"id": 4, "content": "<a>"}, {"id": 5, "content": "<a><b>"}])";
  CHECK(encode_with("added_tokens", kTokens, "<a><b><a>") == Ids{5, 4});
}

TEST_CASE("the configuration adds BOS where the post-processor lacks it", "[text]") {
  const testing::TemporaryFolder folder;
  folder.write("tokenizer.json", json::serialize(small_file()));
  folder.write("tokenizer_config.json",
               R"({"add_bos_token": true, "bos_token": {"content": "<end>"}, "eos_token": "c",
                   "chat_template": [{"name": "default", "template": "one"},
                                     {"name": "tool_use", "template": "two"}]})");
  auto tokenizer = Tokenizer::load(folder.path());
  REQUIRE(tokenizer);
  CHECK((*tokenizer)->encode("ab", true).value() == Ids{4, 2});
  CHECK((*tokenizer)->eos_id() == 3);
  CHECK(*(*tokenizer)->chat_template(true).value() == "two");
  CHECK(*(*tokenizer)->chat_template(false).value() == "one");
  folder.write("chat_template.jinja", "three");
  tokenizer = Tokenizer::load(folder.path() / "tokenizer.json");
  REQUIRE(tokenizer);
  CHECK(*(*tokenizer)->chat_template(false).value() == "three");
  CHECK(*(*tokenizer)->chat_template(true).value() == "three");
}

TEST_CASE("a part that is not known is refused by its name", "[text]") {
  for (const char* member : {"normalizer", "pre_tokenizer", "post_processor", "decoder"}) {
    json::object file = small_file();
    file[member] = {{"type", "Marvellous"}};
    const auto tokenizer = load(file);
    REQUIRE_FALSE(tokenizer);
    CHECK(tokenizer.error().code == Errc::kUnsupportedModel);
    CHECK(tokenizer.error().detail.find("Marvellous") != std::string::npos);
  }
}

TEST_CASE("a damaged file is an error", "[text]") {
  CHECK_FALSE(Tokenizer::load("/no/such/folder"));
  const testing::TemporaryFolder folder;
  for (const char* text : {"", "{", "[]", "null", "{}", R"({"model": 1})", R"({"model": {}})",
                           R"({"model": {"type": "BPE", "vocab": {}, "merges": []}})"}) {
    CAPTURE(text);
    folder.write("tokenizer.json", text);
    CHECK_FALSE(Tokenizer::load(folder.path()));
  }
  const auto spoilt = [](const char* pointer, json::value value) {
    json::value file = small_file();
    boost::system::error_code error;
    *file.find_pointer(pointer, error) = std::move(value);
    return load(file);
  };
  CHECK_FALSE(spoilt("/model/merges/0", "a  b"));
  CHECK_FALSE(spoilt("/model/merges/0", "a x"));
  CHECK_FALSE(spoilt("/model/merges/0", json::array{"a"}));
  CHECK_FALSE(spoilt("/model/vocab/a", -1));
  CHECK_FALSE(spoilt("/model/vocab/a", 1LL << 40));
  CHECK_FALSE(spoilt("/model/vocab/a", "zero"));
  CHECK_FALSE(spoilt("/added_tokens/0/id", 2'000'000'000));
  CHECK_FALSE(spoilt("/added_tokens/0/content", 7));
  CHECK_FALSE(spoilt("/decoder", nullptr));
  CHECK_FALSE(spoilt("/normalizer", json::parse(R"({"type": "Replace", "pattern": {"Regex": "("},
                                                    "content": ""})")));
  CHECK_FALSE(spoilt("/post_processor", json::parse(R"({"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "x"}}], "special_tokens": {"x": {"ids": [99]}}})")));
}

TEST_CASE("a file cut short anywhere is an error", "[text]") {
  const std::string text = json::serialize(small_file());
  const testing::TemporaryFolder folder;
  for (std::size_t size = 0; size < text.size(); ++size) {
    folder.write("tokenizer.json", text.substr(0, size));
    REQUIRE_FALSE(Tokenizer::load(folder.path()));
  }
}

}  // namespace octavo
