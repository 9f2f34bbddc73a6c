#include "src/response/bad_words.hpp"

#include <algorithm>
#include <utility>

#include "src/core/utf8.hpp"

namespace octavo {
namespace {

using Tokens = std::vector<TokenId>;

class WordMatcher final : public TokenMatcher {
 public:
  WordMatcher(std::shared_ptr<const std::vector<Tokens>> words, std::size_t longest,
              std::unique_ptr<TokenMatcher> inner)
      : words_(std::move(words)), longest_(longest), inner_(std::move(inner)) {}

  bool accept(TokenId token) override {
    said_.push_back(token);
    if (said_.size() > longest_) said_.erase(said_.begin());
    return inner_ == nullptr || inner_->accept(token);
  }
  void fill(std::span<std::uint32_t> allowed) override {
    if (inner_ != nullptr)
      inner_->fill(allowed);
    else
      std::ranges::fill(allowed, 0xFFFFFFFFU);
    for (const Tokens& word : *words_) {
      const std::size_t num_before = word.size() - 1;
      const bool is_begun = said_.size() >= num_before &&
                            std::equal(word.begin(), word.end() - 1,
                                       said_.end() - static_cast<std::ptrdiff_t>(num_before));
      const auto last = static_cast<std::size_t>(word.back());
      if (is_begun && last / 32 < allowed.size()) allowed[last / 32] &= ~(1U << (last % 32));
    }
  }
  std::unique_ptr<TokenMatcher> fork() const override {
    auto other = std::make_unique<WordMatcher>(words_, longest_,
                                               inner_ == nullptr ? nullptr : inner_->fork());
    other->said_ = said_;
    return other;
  }

 private:
  std::shared_ptr<const std::vector<Tokens>> words_;
  std::size_t longest_;
  std::unique_ptr<TokenMatcher> inner_;
  Tokens said_;  ///< The latest, as many as the longest word has.
};

class WordConstraint final : public TokenConstraint {
 public:
  WordConstraint(std::vector<Tokens> words, std::shared_ptr<const TokenConstraint> inner)
      : words_(std::make_shared<const std::vector<Tokens>>(std::move(words))),
        inner_(std::move(inner)) {
    for (const Tokens& word : *words_) longest_ = std::max(longest_, word.size());
  }
  std::unique_ptr<TokenMatcher> begin() const override {
    return std::make_unique<WordMatcher>(words_, longest_,
                                         inner_ == nullptr ? nullptr : inner_->begin());
  }

 private:
  std::shared_ptr<const std::vector<Tokens>> words_;
  std::size_t longest_ = 0;
  std::shared_ptr<const TokenConstraint> inner_;
};

}  // namespace

Result<std::shared_ptr<const TokenConstraint>> without_words(
    const Tokenizer& tokenizer, const std::vector<std::string>& words,
    std::shared_ptr<const TokenConstraint> inner) {
  std::vector<Tokens> sequences;
  for (const std::string& word : words) {
    for (const std::string& spelled : {word, " " + word}) {
      auto tokens = tokenizer.encode(std::span<const TextSpan>({{spelled, false}}), false);
      if (!tokens) return tokens.error();
      if (!tokens->empty()) sequences.push_back(std::move(*tokens));
    }
    if (word.empty() || sequences.empty()) {
      return Error{Errc::kInvalidValue,
                   "bad_words must be texts, none of them empty: `" + quotable(word, 64) + "`",
                   "bad_words"};
    }
  }
  return std::make_shared<const WordConstraint>(std::move(sequences), std::move(inner));
}

}  // namespace octavo
