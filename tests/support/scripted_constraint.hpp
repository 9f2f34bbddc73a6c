// A constraint that allows every token and forces some: after a token that is divisible by three,
// three more, which follow from that token alone and not from what a model would say.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "src/core/token_constraint.hpp"

namespace octavo::testing {

/// What follows when `token` was sampled, in a vocabulary of at least 200 tokens. None of them is
/// below 100, and so none is an end token.
inline std::vector<TokenId> forced_behind(TokenId token) {
  if (token % 3 != 0) return {};
  std::vector<TokenId> forced;
  for (const TokenId step : {7, 11, 31}) forced.push_back(100 + (token + step) % 100);
  return forced;
}

class ScriptedMatcher final : public TokenMatcher {
 public:
  bool accept(TokenId token) override {
    last_ = token;
    return true;
  }
  void fill(std::span<std::uint32_t> allowed) override { std::ranges::fill(allowed, 0xFFFFFFFFU); }
  std::vector<TokenId> forced(std::span<const std::uint32_t>) override {
    return forced_behind(last_);
  }
  std::unique_ptr<TokenMatcher> fork() const override {
    return std::make_unique<ScriptedMatcher>(*this);
  }

 private:
  TokenId last_ = 1;
};

class ScriptedConstraint final : public TokenConstraint {
 public:
  std::unique_ptr<TokenMatcher> begin() const override {
    return std::make_unique<ScriptedMatcher>();
  }
};

}  // namespace octavo::testing
