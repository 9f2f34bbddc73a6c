// A prompt reaches the engine only if every one of its tokens has a row in the model's embedding,
// whichever way the tokens came.
#include "src/response/prompt.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

namespace json = boost::json;

// The tokenizer is larger than the model: a special token, a word, and both beyond the end.
const json::array kAddedTokens{
    json::object{{"id", 256}, {"content", "<extra>"}, {"special", true}, {"normalized", false}},
    json::object{{"id", 300}, {"content", "plainword"}, {"normalized", false}}};

ServedModel model_of(std::shared_ptr<const Tokenizer> tokenizer, const std::string& source = "") {
  ServedModel model;
  model.vocab_size = 256;
  model.max_model_len = 512;
  model.tokenizer = std::move(tokenizer);
  if (!source.empty()) model.chat_template = ChatTemplate::parse(source).value();
  return model;
}

ResponseCreate says(const std::string& words) {
  ResponseCreate create;
  create.text_input = words;
  create.input.push_back(json::object{{"role", "user"}, {"content", words}});
  return create;
}

void check_refused(const Result<Prompt>& prompt, const std::string& id, const std::string& word,
                   const std::string& param = "input") {
  REQUIRE(prompt.has_error());
  CHECK(prompt.error().code == Errc::kInvalidValue);
  CHECK(prompt.error().param == param);
  const std::string message = prompt.error().message();
  INFO(message);
  CHECK(message.find("token id " + id) != std::string::npos);
  CHECK(message.find(word) != std::string::npos);
  CHECK(message.find("256") != std::string::npos);
}

constexpr const char* kTemplate = "{% for m in messages %}{{ m.content }}{% endfor %}";

}  // namespace

TEST_CASE("a request sets what its template reads, and none of the template's functions") {
  const ServedModel model = model_of(byte_tokenizer(),
                                     "{{ raise_exception('no') if strict }}{{ mood }}{{ now_text }}"
                                     "{{ strftime_now('%Y') }}");
  ResponseCreate create = says("x");
  create.template_variables = {{"mood", "calm"}, {"strftime_now", "mine"}, {"unread", "u"}};
  const auto prompt = prepare_prompt(model, create, nullptr);
  REQUIRE(prompt.has_value());
  CHECK(prompt->text.starts_with("calm2"));  // The year is the clock's.
  create.template_variables = {{"strict", true}};
  CHECK(prepare_prompt(model, create, nullptr).has_error());
}

TEST_CASE("a text's token outside the model's vocabulary refuses the prompt by id and word") {
  const auto tokenizer = byte_tokenizer(kAddedTokens);
  const ServedModel plain = model_of(tokenizer);
  check_refused(prepare_prompt(plain, says("hello plainword"), nullptr), "300", "`plainword`");
  check_refused(prepare_prompt(plain, says("<extra>"), nullptr), "256", "`<extra>`");
  CHECK(prepare_prompt(plain, says("hello plain word"), nullptr)->tokens.size() == 16);
}

TEST_CASE("so does a token that a template writes, or that a user's words in it become") {
  const auto tokenizer = byte_tokenizer(kAddedTokens);
  const ServedModel model = model_of(tokenizer, kTemplate);
  check_refused(prepare_prompt(model, says("hello plainword"), nullptr), "300", "`plainword`");
  // The user's words are never a control token, so these are seven bytes.
  CHECK(prepare_prompt(model, says("<extra>"), nullptr)->tokens.size() == 7);
  const ServedModel writing = model_of(tokenizer, std::string("<extra>") + kTemplate);
  check_refused(prepare_prompt(writing, says("hello"), nullptr), "256", "`<extra>`");
  ResponseCreate instructed = says("hello");
  instructed.instructions = "say plainword";
  check_refused(prepare_prompt(model, instructed, nullptr), "300", "`plainword`");
}

TEST_CASE("a template sees the special tokens by their names, and no tools as none") {
  const TempFolder folder;
  folder.write("tokenizer.json", json::serialize(byte_tokenizer_file()));
  folder.write("tokenizer_config.json",
               R"({"pad_token": "<p>", "extra_special_tokens": {"image": "<i>"}})");
  const ServedModel model =
      model_of(Tokenizer::load(folder.path()).value(),
               "{{ pad_token }}{{ image }} {{ bos_token is defined }} {{ tools is none }} "
               "{{ documents is none }} {{ add_generation_prompt }}");
  const auto prompt = prepare_prompt(model, says("hi"), nullptr);
  REQUIRE(prompt.has_value());
  CHECK(prompt->text == "<p><i> False True True True");
}

TEST_CASE("a text on which the tokenizer's expression gives up is refused by itself") {
  auto file = byte_tokenizer_file();
  file["pre_tokenizer"] = json::parse(R"({"type": "Sequence", "pretokenizers": [
    {"type": "Split", "pattern": {"Regex": "(?:a|aa)+b"}, "behavior": "Isolated", "invert": false},
    {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})");
  const ServedModel model = model_of(tokenizer_of(file));
  const auto refused = prepare_prompt(model, says(std::string(200, 'a')), nullptr);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::kInvalidValue);
  CHECK(refused.error().param == "input");
  CHECK(prepare_prompt(model, says("aab"), nullptr)->tokens.size() == 3);
}

TEST_CASE("so does the token that a tokenizer puts before every text") {
  auto file = byte_tokenizer_file(kAddedTokens);
  file["post_processor"] = {
      {"type", "TemplateProcessing"},
      {"single", json::array{json::object{{"SpecialToken", {{"id", "<extra>"}}}},
                             json::object{{"Sequence", {{"id", "A"}}}}}},
      {"special_tokens", {{"<extra>", {{"id", "<extra>"}, {"ids", json::array{256}}}}}}};
  check_refused(prepare_prompt(model_of(tokenizer_of(file)), says("hello"), nullptr), "256",
                "`<extra>`");
}

TEST_CASE("so does a token id that a client sends, below zero too, with or without a tokenizer") {
  ResponseCreate create;
  for (const TokenId id : {-1, 256, 299, 300, INT32_MAX, INT32_MIN}) {
    create.input_token_ids = std::vector<TokenId>{5, id, 6};
    for (const auto& tokenizer : {byte_tokenizer(kAddedTokens), byte_tokenizer()}) {
      check_refused(prepare_prompt(model_of(tokenizer), create, nullptr), std::to_string(id), "256",
                    "octavo.prompt_token_ids");
    }
    check_refused(prepare_prompt(model_of(nullptr), create, nullptr), std::to_string(id), "256",
                  "octavo.prompt_token_ids");
  }
  create.input_token_ids = std::vector<TokenId>{0, 255};
  CHECK(prepare_prompt(model_of(nullptr), create, nullptr)->tokens.size() == 2);
}

TEST_CASE("so does what was shown of an answer that a stop string cut") {
  RememberedResponse parent;
  parent.tokens = {'o', 'n', 'c', 'e'};
  parent.prompt_text = "once";
  parent.cut_text = " plainword";
  const ServedModel model = model_of(byte_tokenizer(kAddedTokens));
  check_refused(prepare_prompt(model, says(" more"), &parent), "300", "`plainword`");
  ResponseCreate ids;
  ids.input_token_ids = std::vector<TokenId>{5};
  check_refused(prepare_prompt(model, ids, &parent), "300", "`plainword`");
  parent.cut_text = " plain";
  CHECK(prepare_prompt(model, says(" more"), &parent)->tokens.size() == 15);
}

TEST_CASE("a long token is shown in part and a broken one as U+FFFD") {
  const std::string longest(3000, 'x');
  const json::array added{json::object{{"id", 300}, {"content", longest}, {"normalized", false}}};
  const auto prompt = prepare_prompt(model_of(byte_tokenizer(added)), says(longest), nullptr);
  REQUIRE(prompt.has_error());
  CHECK(prompt.error().message().size() < 300);
  ServedModel narrow = model_of(byte_tokenizer());
  narrow.vocab_size = 128;
  const auto broken = prepare_prompt(narrow, says("\xC3\xA9"), nullptr);
  REQUIRE(broken.has_error());
  CHECK(broken.error().message().find("195 (`\xEF\xBF\xBD`)") != std::string::npos);
}

namespace {

void check_too_long(const Result<Prompt>& prompt) {
  REQUIRE(prompt.has_error());
  CHECK(prompt.error().code == Errc::kContextLengthExceeded);
  CHECK(prompt.error().param == "input");
  CHECK(prompt.error().message().find("the context length is 512") != std::string::npos);
}

}  // namespace

TEST_CASE("a text of more than twice the context is refused, by its bytes or when it is known") {
  // A token is four bytes at most for all that the bytes tell, and one byte in truth.
  const auto byte_tokens = byte_tokenizer();
  REQUIRE(byte_tokens->min_tokens(std::string(5000, 'x')) == 1250);
  // Here the bytes tell nothing.
  auto file = byte_tokenizer_file();
  file["normalizer"] = {{"type", "StripAccents"}};
  const auto silent = tokenizer_of(file);
  REQUIRE(silent->min_tokens(std::string(5000, 'x')) == 0);
  for (const auto& tokenizer : {byte_tokens, silent}) {
    for (const ServedModel& model : {model_of(tokenizer), model_of(tokenizer, kTemplate)}) {
      check_too_long(prepare_prompt(model, says(std::string(5000, 'x')), nullptr));
      check_too_long(prepare_prompt(model, says(std::string(1025, 'x')), nullptr));
      // The scheduler knows better what fits, and how many tokens it are.
      CHECK(prepare_prompt(model, says(std::string(1024, 'x')), nullptr)->tokens.size() == 1024);
    }
  }
}

TEST_CASE("what a template or a normalizer leaves out does not count") {
  const ServedModel last = model_of(byte_tokenizer(), "{{ messages[-1].content }}");
  ResponseCreate create = says("short");
  create.input.insert(create.input.begin(),
                      json::object{{"role", "user"}, {"content", std::string(50'000, 'x')}});
  CHECK(prepare_prompt(last, create, nullptr)->tokens.size() == 5);
  auto file = byte_tokenizer_file();
  file["normalizer"] =
      json::parse(R"({"type": "Replace", "pattern": {"Regex": "x+"}, "content": "x"})");
  CHECK(prepare_prompt(model_of(tokenizer_of(file)), says(std::string(50'000, 'x')), nullptr)
            ->tokens.size() == 1);
}

TEST_CASE("a continuation's tokens count together with its parent's") {
  RememberedResponse parent;
  parent.tokens.assign(500, 'a');
  parent.prompt_text = std::string(500, 'a');
  const ServedModel model = model_of(byte_tokenizer());
  CHECK(prepare_prompt(model, says(std::string(524, 'x')), &parent)->tokens.size() == 1024);
  check_too_long(prepare_prompt(model, says(std::string(525, 'x')), &parent));
  parent.cut_text = "y";
  check_too_long(prepare_prompt(model, says(std::string(524, 'x')), &parent));
}
