#include "src/text/tokenizer_parts.hpp"

#include <boost/json.hpp>

#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/text/refusals.hpp"

namespace octavo::text {
namespace {

namespace json = boost::json;
using Ids = std::vector<TokenId>;
using testing::is_refusal;
using testing::refusal_of;

json::object token(TokenId id, const char* content) {
  return {{"id", id}, {"content", content}, {"special", false}};
}

/// A folder of a byte tokenizer with the added tokens "<s>" 256 and "</s>" 257, to be spoilt.
class Folder {
 public:
  json::object file = testing::byte_tokenizer_file({token(256, "<s>"), token(257, "</s>")});

  void write(const char* name, std::string_view text) const { folder_.write(name, text); }
  TokenizerParts read() const {
    folder_.write("tokenizer.json", json::serialize(file));
    return read_tokenizer_parts(folder_.path());
  }
  TokenizerParts with_processor(const char* spec) {
    file["post_processor"] = json::parse(spec);
    return read();
  }
  std::filesystem::path path() const { return folder_.path(); }

 private:
  testing::TempFolder folder_;
};

}  // namespace

TEST_CASE("the tables have one row for each id, empty where no token has it", "[text]") {
  Folder folder;
  folder.file["added_tokens"] = json::array{token(256, "<s>"), token(260, "<far>")};
  const TokenizerParts parts = folder.read();
  CHECK(parts.is_special.size() == 261);
  CHECK(parts.bytes.at(0) == std::string(1, '\0'));
  CHECK(parts.bytes.at(255) == "\xFF");
  CHECK(parts.bytes.at(256) == "<s>");
  for (TokenId id = 257; id < 260; ++id) CHECK(parts.bytes.at(id).empty());
  CHECK(parts.bytes.at(260) == "<far>");
}

TEST_CASE("an added token's bytes are its content also where the vocabulary has its id", "[text]") {
  Folder folder;
  folder.file["added_tokens"] = json::array{token('a', "<other>")};
  const TokenizerParts parts = folder.read();
  CHECK(parts.bytes.at('a') == "<other>");
  CHECK(parts.find("<other>") == 'a');
  CHECK(parts.find("a") == 'a');
}

TEST_CASE("a token is found as its file writes it, an added one first", "[text]") {
  Folder folder;
  folder.file["added_tokens"] = json::array{token(256, "b")};
  const TokenizerParts parts = folder.read();
  CHECK(parts.find("a") == 'a');
  CHECK(parts.find("b") == 256);
  CHECK(parts.find("\u0120") == ' ');
  CHECK_FALSE(parts.find("ab"));
  CHECK_FALSE(parts.find(""));
}

TEST_CASE("a template says what comes before a text and behind it", "[text]") {
  Folder folder;
  const TokenizerParts parts = folder.with_processor(R"({"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "x"}}, {"SpecialToken": {"id": "y"}},
               {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "x"}}],
    "special_tokens": {"x": {"ids": [256]}, "y": {"ids": [257, 65]}}})");
  CHECK(parts.prefix == Ids{256, 257, 65});
  CHECK(parts.suffix == Ids{256});
}

TEST_CASE("a pair of tokens surrounds a text", "[text]") {
  for (const char* type : {"RobertaProcessing", "BertProcessing"}) {
    Folder folder;
    const std::string spec =
        std::string(R"({"cls": ["<s>", 256], "sep": ["</s>", 257], "type": ")") + type + R"("})";
    const TokenizerParts parts = folder.with_processor(spec.c_str());
    CHECK(parts.prefix == Ids{256});
    CHECK(parts.suffix == Ids{257});
  }
}

TEST_CASE("what processors of a sequence add is added up", "[text]") {
  Folder folder;
  const TokenizerParts parts = folder.with_processor(R"({"type": "Sequence", "processors": [
    {"type": "ByteLevel"}, {"type": "RobertaProcessing", "cls": ["", 256], "sep": ["", 257]},
    {"type": "RobertaProcessing", "cls": ["", 1], "sep": ["", 2]}]})");
  CHECK(parts.prefix == Ids{256, 1});
  CHECK(parts.suffix == Ids{257, 2});
}

TEST_CASE("a post-processor that is not understood is refused", "[text]") {
  struct Case {
    const char* spec;
    Errc code;
    const char* names;
  };
  const Case c = GENERATE(
      Case{R"({"type": "TemplateProcessing", "single": [{"Sequence": {}}, {"Sequence": {}}]})",
           Errc::kUnsupportedModel, "repeats"},
      Case{R"({"type": "TemplateProcessing"})", Errc::kInvalidFile, "single"},
      Case{R"({"type": "TemplateProcessing", "single": [{}]})", Errc::kInvalidFile, "SpecialToken"},
      Case{R"({"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x"}}],
               "special_tokens": {"y": {"ids": [1]}}})",
           Errc::kInvalidFile, "\"x\" is missing"},
      Case{R"({"type": "BertProcessing", "cls": ["<s>"], "sep": ["</s>", 257]})",
           Errc::kInvalidFile, "cls"},
      Case{R"({"type": "BertProcessing", "cls": ["<s>", 256]})", Errc::kInvalidFile, "sep"},
      Case{R"({"type": "BertProcessing", "cls": ["<s>", 256], "sep": ["</s>", 258]})",
           Errc::kInvalidFile, "not in the vocabulary"},
      Case{R"({"type": "BertProcessing", "cls": ["<s>", 258], "sep": ["</s>", 257]})",
           Errc::kInvalidFile, "not in the vocabulary"});
  CAPTURE(c.spec);
  Folder folder;
  CHECK(is_refusal(refusal_of([&] { folder.with_processor(c.spec); }), c.code, c.names));
}

TEST_CASE("the files must be there, be JSON and hold a model", "[text]") {
  const testing::TempFolder empty;
  CHECK(is_refusal(refusal_of([&] { read_tokenizer_parts(empty.path()); }), Errc::kIo,
                   "tokenizer.json"));
  CHECK(is_refusal(refusal_of([&] { read_tokenizer_parts(empty.path() / "other.json"); }),
                   Errc::kIo, "other.json"));
  empty.write("tokenizer.json", "{");
  CHECK(is_refusal(refusal_of([&] { read_tokenizer_parts(empty.path()); }), Errc::kInvalidFile,
                   "tokenizer.json is not valid JSON"));
  empty.write("tokenizer.json", "{}");
  CHECK(is_refusal(refusal_of([&] { read_tokenizer_parts(empty.path()); }), Errc::kInvalidFile,
                   "\"model\" is missing"));
}

TEST_CASE("a file's text is read byte for byte", "[text]") {
  const testing::TempFolder folder;
  const std::string text("a\0\r\n\xFF", 5);
  folder.write("text", text);
  folder.write("nothing", "");
  CHECK(read_text_file(folder.path() / "text") == text);
  CHECK(read_text_file(folder.path() / "nothing").empty());
  CHECK(is_refusal(refusal_of([&] { read_text_file(folder.path() / "absent"); }), Errc::kIo,
                   "absent"));
  CHECK(read_json_file(folder.path() / "absent").is_null());
}

TEST_CASE("flags of an added token are off until its file sets them, normalized is on", "[text]") {
  const auto read = [](const boost::json::object& object) {
    JsonReader reader(object, "tokenizer.json", OnFault::kThrow);
    return read_added_token(reader, 7);
  };
  const AddedToken plain = read({{"content", "x"}});
  CHECK(plain.id == 7);
  CHECK(plain.content == "x");
  CHECK_FALSE((plain.is_special || plain.single_word || plain.lstrip || plain.rstrip));
  CHECK(plain.normalized);
  const auto flags = [&](const char* flag) {
    const AddedToken t = read({{"content", "x"}, {"normalized", false}, {flag, true}});
    return std::vector<bool>{t.is_special, t.single_word, t.lstrip, t.rstrip, t.normalized};
  };
  CHECK(flags("special") == std::vector<bool>{true, false, false, false, false});
  CHECK(flags("single_word") == std::vector<bool>{false, true, false, false, false});
  CHECK(flags("lstrip") == std::vector<bool>{false, false, true, false, false});
  CHECK(flags("rstrip") == std::vector<bool>{false, false, false, true, false});
  CHECK(is_refusal(refusal_of([&] { read({}); }), Errc::kInvalidFile, "content"));
  CHECK(is_refusal(refusal_of([&] {
                     read({{"content", "x"}, {"lstrip", 1}});
                   }),
                   Errc::kInvalidFile, "lstrip"));
}

}  // namespace octavo::text
