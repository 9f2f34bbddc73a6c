// What stands beside tokenizer.json: tokens for roles, more added tokens, chat templates.
#include <boost/json.hpp>

#include "src/text/tokenizer.hpp"
#include "src/text/tokenizer_parts.hpp"
#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/text/refusals.hpp"

namespace octavo::text {
namespace {

using Ids = std::vector<TokenId>;
constexpr const char* kConfig = "tokenizer_config.json";
constexpr const char* kMap = "special_tokens_map.json";

/// A byte tokenizer with the added tokens "<s>" 256 and "</s>" 257, neither of them special.
class Folder {
 public:
  Folder() { write_tokenizer(nullptr); }
  void write_tokenizer(const boost::json::value& post_processor) const {
    auto file = testing::byte_tokenizer_file(
        {{{"id", 256}, {"content", "<s>"}}, {{"id", 257}, {"content", "</s>"}}});
    file["post_processor"] = post_processor;
    write("tokenizer.json", boost::json::serialize(file));
  }
  void write(const char* name, std::string_view text) const { folder_.write(name, text); }
  void make_folder(const char* name) const {
    std::filesystem::create_directory(folder_.path() / name);
  }
  std::filesystem::path path() const { return folder_.path(); }
  TokenizerParts read() const { return read_tokenizer_parts(folder_.path()); }

 private:
  testing::TempFolder folder_;
};

}  // namespace

TEST_CASE("a tokenizer without configuration has no roles and no templates", "[text]") {
  const TokenizerParts parts = Folder().read();
  CHECK(parts.bos.text.empty());
  CHECK_FALSE(parts.bos.id);
  CHECK(parts.eos.text.empty());
  CHECK_FALSE(parts.eos.id);
  CHECK(parts.chat_templates.empty());
  CHECK(parts.prefix.empty());
  CHECK(parts.suffix.empty());
  CHECK_FALSE(parts.is_special[256]);
}

TEST_CASE("a role's token is a string or an object, and is special", "[text]") {
  const Folder folder;
  folder.write(kConfig, R"({"bos_token": "<s>", "eos_token": {"content": "</s>"}})");
  const TokenizerParts parts = folder.read();
  CHECK(parts.bos.text == "<s>");
  CHECK(parts.bos.id == 256);
  CHECK(parts.eos.text == "</s>");
  CHECK(parts.eos.id == 257);
  CHECK(parts.is_special[256]);
  CHECK(parts.is_special[257]);
  CHECK_FALSE(parts.is_special['s']);
}

TEST_CASE("the map of special tokens counts where the configuration lists no added ones",
          "[text]") {
  const Folder folder;
  folder.write(kMap, R"({"bos_token": "</s>", "eos_token": "</s>"})");
  folder.write(kConfig, R"({"bos_token": "<s>", "pad_token": "<s>"})");
  TokenizerParts parts = folder.read();
  CHECK(parts.bos.id == 257);
  CHECK(parts.eos.id == 257);
  CHECK(parts.named_tokens.at("pad_token") == "<s>");
  folder.write(kConfig, R"({"bos_token": "<s>", "added_tokens_decoder": {}})");
  parts = folder.read();
  CHECK(parts.bos.id == 256);
  CHECK(parts.named_tokens == std::map<std::string, std::string>{{"bos_token", "<s>"}});
}

TEST_CASE("every special token that the configuration names is known by its name", "[text]") {
  const Folder folder;
  folder.write(kConfig, R"({"bos_token": "<s>", "mask_token": {"content": "<m>"},
    "image_token": "</s>", "add_bos_token": true, "unk_token": null, "odd_token": 7,
    "model_max_length": 5, "extra_special_tokens": {"frame": "<f>", "end": {"content": "<e>"}}})");
  const TokenizerParts parts = folder.read();
  CHECK(parts.named_tokens == std::map<std::string, std::string>{{"bos_token", "<s>"},
                                                                 {"end", "<e>"},
                                                                 {"frame", "<f>"},
                                                                 {"image_token", "</s>"},
                                                                 {"mask_token", "<m>"}});
  CHECK(parts.is_special[257]);
}

TEST_CASE("a role's token that the vocabulary lacks has a text and no id", "[text]") {
  const Folder folder;
  folder.write(kConfig, R"({"bos_token": "<none>", "add_bos_token": true, "eos_token": 7})");
  const TokenizerParts parts = folder.read();
  CHECK(parts.bos.text == "<none>");
  CHECK_FALSE(parts.bos.id);
  CHECK(parts.eos.text.empty());
  CHECK(parts.prefix.empty());
}

TEST_CASE("every role marks its token as special", "[text]") {
  const char* member = GENERATE(
      R"("bos_token": "<s>")", R"("eos_token": "<s>")", R"("pad_token": "<s>")",
      R"("unk_token": "<s>")", R"("sep_token": "<s>")", R"("cls_token": "<s>")",
      R"("mask_token": "<s>")", R"("image_token": "<s>")", R"("extra_special_tokens": ["<s>"])",
      R"("extra_special_tokens": {"x": "<s>"})", R"("additional_special_tokens": ["</x>", "<s>"])",
      R"("additional_special_tokens": [{"content": "<s>"}])");
  const char* file = GENERATE(kConfig, kMap);
  CAPTURE(member, file);
  const Folder folder;
  folder.write(file, std::string("{") + member + "}");
  const TokenizerParts parts = folder.read();
  CHECK(parts.is_special[256]);
  CHECK_FALSE(parts.is_special[257]);
}

TEST_CASE("BOS and EOS are added where the configuration asks and nothing else does", "[text]") {
  const Folder folder;
  constexpr const char* kRoles = R"({"bos_token": "<s>", "eos_token": "</s>")";
  const auto added = [&](const char* flags) {
    folder.write(kConfig, std::string(kRoles) + flags + "}");
    const TokenizerParts parts = folder.read();
    return std::pair(parts.prefix, parts.suffix);
  };
  CHECK(added("") == std::pair(Ids{}, Ids{}));
  CHECK(added(R"(, "add_bos_token": true)") == std::pair(Ids{256}, Ids{}));
  CHECK(added(R"(, "add_eos_token": true)") == std::pair(Ids{}, Ids{257}));
  CHECK(added(R"(, "add_bos_token": false, "add_eos_token": false)") == std::pair(Ids{}, Ids{}));
  folder.write_tokenizer(
      boost::json::parse(R"({"type": "BertProcessing", "cls": ["a", 97], "sep": ["b", 98]})"));
  CHECK(added(R"(, "add_bos_token": true, "add_eos_token": true)") == std::pair(Ids{97}, Ids{98}));
}

TEST_CASE("the configuration adds tokens and changes none", "[text]") {
  const Folder folder;
  folder.write(kConfig, R"({"added_tokens_decoder": {
    "300": {"content": "<more>", "special": true, "lstrip": true},
    "301": {"content": "<s>", "special": true}}})");
  const TokenizerParts parts = folder.read();
  CHECK(parts.find("<more>") == 300);
  CHECK(parts.is_special[300]);
  CHECK(parts.added_tokens.at("<more>").lstrip);
  CHECK(parts.find("<s>") == 256);
  CHECK_FALSE(parts.is_special[256]);
  CHECK(parts.is_special.size() == 301);
}

TEST_CASE("an added token's key is an id within the bound", "[text]") {
  const Folder folder;
  const auto refusal = [&](const std::string& key) {
    folder.write(kConfig, R"({"added_tokens_decoder": {")" + key + R"(": {"content": "<x>"}}})");
    return testing::refusal_of([&] { folder.read(); });
  };
  CHECK_FALSE(refusal("300"));
  CHECK_FALSE(refusal("4194303"));
  for (const char* key : {"4194304", "-1", "", "x", "1x", " 1", "99999999999"}) {
    CAPTURE(key);
    CHECK(testing::is_refusal(refusal(key), Errc::kInvalidFile, "added_tokens_decoder"));
  }
}

TEST_CASE("a template's own files come before the configuration", "[text]") {
  const Folder folder;
  const auto source = [&] { return folder.read().chat_templates.at("default"); };
  folder.write(kConfig, R"({"chat_template": "one"})");
  CHECK(source() == "one");
  folder.write("chat_template.json", R"({"chat_template": "two"})");
  CHECK(source() == "two");
  folder.write("chat_template.jinja", "three\n");
  CHECK(source() == "three\n");
}

TEST_CASE("templates with names stand beside the default of an older file", "[text]") {
  const Folder folder;
  folder.write(kConfig, R"({"chat_template": [{"name": "tool_use", "template": "tools"},
                                              {"name": "default", "template": "one"}]})");
  folder.write("chat_template.json", R"({"chat_template": "two"})");
  const auto templates = folder.read().chat_templates;
  CHECK(templates.size() == 2);
  CHECK(templates.at("tool_use") == "tools");
  CHECK(templates.at("default") == "two");
}

TEST_CASE("files of templates take the place of all that the configuration has", "[text]") {
  const Folder folder;
  folder.write(kConfig, R"({"chat_template": [{"name": "rag", "template": "documents"},
                                              {"name": "default", "template": "one"}]})");
  folder.make_folder("additional_chat_templates");
  folder.write("additional_chat_templates/tool_use.jinja", "tools");
  folder.write("additional_chat_templates/notes.txt", "no template");
  using Templates = decltype(TokenizerParts::chat_templates);
  CHECK(folder.read().chat_templates == Templates{{"tool_use", "tools"}});
  folder.write("chat_template.jinja", "two");
  CHECK(folder.read().chat_templates == Templates{{"default", "two"}, {"tool_use", "tools"}});
}

TEST_CASE("templates may be an object of texts by name", "[text]") {
  const Folder folder;
  folder.write(kConfig, R"({"chat_template": {"default": "one", "tool_use": "tools"}})");
  using Templates = decltype(TokenizerParts::chat_templates);
  CHECK(folder.read().chat_templates == Templates{{"default", "one"}, {"tool_use", "tools"}});
}

TEST_CASE("the template is chosen by whether there are tools", "[text]") {
  const Folder folder;
  const auto chosen = [&](const char* templates, bool has_tools) {
    folder.write(kConfig, std::string(R"({"chat_template": )") + templates + "}");
    const auto tokenizer = Tokenizer::load(folder.path()).value();
    const auto source = tokenizer->chat_template(has_tools);
    if (!source) return "refused: " + source.error().detail;
    return *source == nullptr ? std::string("none") : **source;
  };
  CHECK(chosen("null", true) == "none");
  CHECK(chosen(R"("one")", true) == "one");
  CHECK(chosen(R"({"default": "one", "tool_use": "tools"})", true) == "tools");
  CHECK(chosen(R"({"default": "one", "tool_use": "tools"})", false) == "one");
  CHECK(chosen(R"({"default": "one", "rag": "documents"})", true) == "one");
  CHECK(chosen(R"({"tool_use": "tools"})", true) == "tools");
  const std::string refusal = chosen(R"({"tool_use": "tools", "rag": "documents"})", false);
  CHECK(refusal.find("refused:") == 0);
  CHECK(refusal.find("\"rag\", \"tool_use\"") != std::string::npos);
  CHECK(refusal.find("--chat-template") != std::string::npos);
}

TEST_CASE("a configuration of the wrong kind is refused, one that is no object passed over",
          "[text]") {
  const Folder folder;
  const auto refusal = [&](const char* config) {
    folder.write(kConfig, config);
    return testing::refusal_of([&] { folder.read(); });
  };
  CHECK_FALSE(refusal("[]"));
  CHECK_FALSE(refusal(R"({"chat_template": null})"));
  using testing::is_refusal;
  CHECK(is_refusal(refusal("{"), Errc::kInvalidFile, kConfig));
  CHECK(is_refusal(refusal(R"({"chat_template": 7})"), Errc::kInvalidFile, "chat_template"));
  CHECK(
      is_refusal(refusal(R"({"chat_template": [{"name": "a"}]})"), Errc::kInvalidFile, "template"));
  CHECK(
      is_refusal(refusal(R"({"chat_template": [{"template": "a"}]})"), Errc::kInvalidFile, "name"));
  CHECK(is_refusal(refusal(R"({"add_bos_token": 1})"), Errc::kInvalidFile, "add_bos_token"));
  CHECK(is_refusal(refusal(R"({"added_tokens_decoder": []})"), Errc::kInvalidFile,
                   "added_tokens_decoder"));
}

}  // namespace octavo::text
