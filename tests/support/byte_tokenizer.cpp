#include "tests/support/byte_tokenizer.hpp"

#include <boost/json/serialize.hpp>

#include "src/text/utf8.hpp"
#include "tests/support/temp_folder.hpp"

namespace octavo::testing {

namespace json = boost::json;

json::object byte_tokenizer_file(const json::array& added_tokens) {
  json::object vocabulary;
  char32_t next = 0x100;
  for (TokenId byte = 0; byte < 256; ++byte) {
    // The alphabet of GPT-2: what can be printed is itself, the rest comes after Latin-1.
    const bool is_printable =
        (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    std::string piece;
    append_utf8(piece, is_printable ? static_cast<char32_t>(byte) : next++);
    vocabulary[piece] = byte;
  }
  return {
      {"added_tokens", added_tokens},
      {"normalizer", nullptr},
      {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}},
      {"post_processor", nullptr},
      {"decoder", {{"type", "ByteLevel"}}},
      {"model", {{"type", "BPE"}, {"vocab", std::move(vocabulary)}, {"merges", json::array()}}}};
}

std::shared_ptr<const Tokenizer> tokenizer_of(const json::object& file) {
  const testing::TempFolder folder;
  folder.write("tokenizer.json", json::serialize(file));
  return Tokenizer::load(folder.path()).value();
}

std::shared_ptr<const Tokenizer> byte_tokenizer(const json::array& added_tokens) {
  return tokenizer_of(byte_tokenizer_file(added_tokens));
}

}  // namespace octavo::testing
