// A model reads numbers: turns text into the tokens that it was trained on and back, exactly as the
// files of its vendor say. Immutable after load; safe to use from several threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/ids.hpp"
#include "src/core/result.hpp"
#include "src/text/text_span.hpp"

namespace octavo {

namespace text {
class PieceDecoder;
struct TokenizerParts;
}  // namespace text

class Tokenizer {
 public:
  /// path: a Hugging Face directory or its tokenizer.json; the other files are read beside it.
  /// Errors: kIo, kInvalidFile; kUnsupportedModel for a part that Octavo does not know.
  [[nodiscard]] static Result<std::shared_ptr<const Tokenizer>> load(
      const std::filesystem::path& path);

  /// The tokens of trusted text: control tokens in it are recognised. add_special adds what the
  /// post-processor adds, such as BOS. Broken UTF-8 counts as U+FFFD. Time is near linear in the
  /// text, whatever it holds.
  /// Errors: kInvalidValue for a text on which the tokenizer's own expressions take too long.
  [[nodiscard]] Result<std::vector<TokenId>> encode(std::string_view text, bool add_special) const;
  /// The same for text of several hands: untrusted spans never give a control token. Spans are
  /// joined before they are cut into words. More than max_tokens are of no use to the caller: when
  /// the result is longer than that, it may have been cut short.
  [[nodiscard]] Result<std::vector<TokenId>> encode(std::span<const TextSpan> spans,
                                                    bool add_special,
                                                    std::size_t max_tokens = SIZE_MAX) const;
  /// Encoding the text gives at least that many tokens, by its bytes alone; 0 when nothing is
  /// known.
  std::size_t min_tokens(std::string_view text) const;

  /// Valid UTF-8, with U+FFFD for broken sequences. Ids out of range stand for nothing. Blanks are
  /// never "cleaned up": the text is what the model wrote.
  std::string decode(std::span<const TokenId> ids, bool skip_special) const;

  /// The raw bytes that a token stands for, perhaps a part of a character; empty out of range.
  std::string_view token_bytes(TokenId id) const;
  /// What the files write for a token; empty out of range.
  std::string_view piece(TokenId id) const;
  bool has_token(TokenId id) const;
  bool is_special(TokenId id) const;
  /// token: as the vocabulary's file writes it.
  std::optional<TokenId> token_to_id(std::string_view token) const;
  /// One more than the largest id.
  std::int32_t vocab_size() const;

  std::optional<TokenId> bos_id() const;
  std::optional<TokenId> eos_id() const;
  /// The texts of the special tokens that the configuration names, by those names: `bos_token`,
  /// `pad_token` and whatever else a model has.
  const std::map<std::string, std::string>& named_tokens() const;
  /// The source of the chat template for a conversation with or without tools, chosen as
  /// transformers does; null when the files have no template. Errors: kInvalidFile when they have
  /// some, and none of them is for that.
  [[nodiscard]] Result<const std::string*> chat_template(bool has_tools) const;

  /// What makes text of pieces.
  const text::PieceDecoder& decoder() const;

  explicit Tokenizer(std::shared_ptr<const text::TokenizerParts> parts);

 private:
  std::shared_ptr<const text::TokenizerParts> parts_;
};

}  // namespace octavo
