#include "src/text/tokenizer.hpp"

#include <algorithm>
#include <utility>

#include "src/core/json_reader.hpp"
#include "src/text/detokenizer.hpp"
#include "src/text/tokenizer_parts.hpp"
#include "src/text/utf8.hpp"

namespace octavo {
namespace {

/// Where each hand's text ends in the joined one.
class TrustMap {
 public:
  void append(std::size_t end, bool trusted) {
    if (!ends_.empty() && ends_.back().trusted == trusted) {
      ends_.back().end = end;
    } else {
      ends_.push_back({end, trusted});
    }
  }
  /// The end of the trusted run that byte `at` lies in, or `at` when it is untrusted.
  std::size_t trusted_until(std::size_t at) const {
    const auto it = std::ranges::upper_bound(ends_, at, {}, &Run::end);
    return it == ends_.end() || !it->trusted ? at : it->end;
  }

 private:
  struct Run {
    std::size_t end;
    bool trusted;
  };
  std::vector<Run> ends_;
};

class Encoder {
 public:
  Encoder(const text::TokenizerParts& parts, std::size_t max_tokens, std::vector<TokenId>& out)
      : parts_(parts), max_tokens_(max_tokens), out_(out) {}

  void encode(std::string_view text, const TrustMap& trust) {
    const auto trusted_until = [&trust](std::size_t at) { return trust.trusted_until(at); };
    std::size_t done = 0;
    const auto encode_gap = [&](std::size_t end) {
      if (done >= end || is_full()) return;
      const bool trusted = trust.trusted_until(done) >= end;
      encode_raw(text.substr(done, end - done), done == 0, trusted);
    };
    for (const auto& match : parts_.raw_matcher.find_all(text, trusted_until)) {
      encode_gap(match.range.begin);
      out_.push_back(match.id);
      done = match.range.end;
    }
    encode_gap(text.size());
  }

 private:
  void encode_raw(std::string_view raw, bool at_start, bool trusted) {
    const auto [text, first] = parts_.normalizer.apply(std::string(raw));
    const std::optional<std::size_t> last_first = at_start ? first : std::nullopt;
    const auto trusted_until = [&](std::size_t at) { return trusted ? text.size() : at; };
    std::size_t done = 0;
    const auto encode_gap = [&](std::size_t end) {
      if (done >= end) return;
      const bool has_first = last_first && *last_first >= done;
      encode_words(std::string_view(text).substr(done, end - done),
                   has_first ? std::optional(*last_first - done) : std::nullopt);
    };
    for (const auto& match : parts_.normalized_matcher.find_all(text, trusted_until)) {
      encode_gap(match.range.begin);
      out_.push_back(match.id);
      done = match.range.end;
    }
    encode_gap(text.size());
  }

  void encode_words(std::string_view text, std::optional<std::size_t> first) {
    if (is_full()) return;
    const text::Pieces pieces = parts_.pre_tokenizer.split(text, first);
    for (const std::string_view piece : pieces.views) {
      if (is_full()) return;
      parts_.bpe.encode(piece, out_, max_tokens_);
    }
  }

  bool is_full() const { return out_.size() > max_tokens_; }

  const text::TokenizerParts& parts_;
  std::size_t max_tokens_;
  std::vector<TokenId>& out_;
};

}  // namespace

Tokenizer::Tokenizer(std::shared_ptr<const text::TokenizerParts> parts)
    : parts_(std::move(parts)) {}

Result<std::shared_ptr<const Tokenizer>> Tokenizer::load(const std::filesystem::path& path) {
  try {
    return std::make_shared<const Tokenizer>(
        std::make_shared<const text::TokenizerParts>(text::read_tokenizer_parts(path)));
  } catch (const Error& error) {
    return error;
  }
}

Result<std::vector<TokenId>> Tokenizer::encode(std::string_view text, bool add_special) const {
  const TextSpan span{std::string(text), true};
  return encode(std::span(&span, 1), add_special);
}

Result<std::vector<TokenId>> Tokenizer::encode(std::span<const TextSpan> spans, bool add_special,
                                               std::size_t max_tokens) const try {
  std::string text;
  TrustMap trust;
  for (const TextSpan& span : spans) {
    text += replace_broken_utf8(span.text);
    trust.append(text.size(), span.trusted);
  }
  std::vector<TokenId> ids;
  if (add_special) ids = parts_->prefix;
  Encoder(*parts_, max_tokens, ids).encode(text, trust);
  if (add_special) ids.insert(ids.end(), parts_->suffix.begin(), parts_->suffix.end());
  return ids;
} catch (const Error& error) {
  return error;
}

std::size_t Tokenizer::min_tokens(std::string_view text) const {
  return parts_->bound.min_tokens(text);
}

std::string Tokenizer::decode(std::span<const TokenId> ids, bool skip_special) const {
  Detokenizer detokenizer(*this, skip_special);
  std::string text;
  for (const TokenId id : ids) detokenizer.append(id, text);
  detokenizer.finish(text);
  return text;
}

std::string_view Tokenizer::token_bytes(TokenId id) const {
  return has_token(id) ? parts_->bytes.at(id) : std::string_view();
}

std::string_view Tokenizer::piece(TokenId id) const {
  return has_token(id) ? parts_->pieces.at(id) : std::string_view();
}

bool Tokenizer::has_token(TokenId id) const {
  return id >= 0 && id < vocab_size() && parts_->is_token[static_cast<std::size_t>(id)];
}

bool Tokenizer::is_special(TokenId id) const {
  return has_token(id) && parts_->is_special[static_cast<std::size_t>(id)];
}

std::optional<TokenId> Tokenizer::token_to_id(std::string_view token) const {
  return parts_->find(token);
}

std::int32_t Tokenizer::vocab_size() const {
  return static_cast<std::int32_t>(parts_->is_special.size());
}

std::optional<TokenId> Tokenizer::bos_id() const { return parts_->bos.id; }
std::optional<TokenId> Tokenizer::eos_id() const { return parts_->eos.id; }

const std::map<std::string, std::string>& Tokenizer::named_tokens() const {
  return parts_->named_tokens;
}

Result<const std::string*> Tokenizer::chat_template(bool has_tools) const {
  const auto& templates = parts_->chat_templates;
  if (templates.empty()) return nullptr;
  auto chosen = has_tools ? templates.find("tool_use") : templates.end();
  if (chosen == templates.end()) chosen = templates.find("default");
  if (chosen != templates.end()) return &chosen->second;
  std::string names;
  for (const auto& [name, source] : templates) names += (names.empty() ? "" : ", ") + quote(name);
  return Error{Errc::kInvalidFile,
               "The model has chat templates with names (" + names +
                   ") and no default one: give --chat-template.",
               "model"};
}

const text::PieceDecoder& Tokenizer::decoder() const { return parts_->decoder; }

}  // namespace octavo
