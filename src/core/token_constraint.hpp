// What an answer may be, as its tokens come: a client that asks for JSON by a schema must get
// nothing else, so before each draw the tokens that may not follow are taken out. A constraint is
// the rule, shared by all who ask for it; a matcher is one sequence's place in it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "src/core/ids.hpp"

namespace octavo {

class TokenMatcher {
 public:
  virtual ~TokenMatcher() = default;
  /// The sequence goes on with this token. False when the constraint does not allow it; the matcher
  /// is of no use then.
  [[nodiscard]] virtual bool accept(TokenId token) = 0;
  /// allowed: [ceil(vocab_size / 32)]; bit t % 32 of word t / 32 says whether token t may follow.
  virtual void fill(std::span<std::uint32_t> allowed) = 0;
  /// The tokens that the answer goes on with from here because its text can go on in one way only;
  /// empty where there are several ways, or where the text is no reason for certain tokens. They
  /// depend on the constraint and the accepted tokens alone. The matcher stays where it is.
  /// allowed: what fill() says here.
  virtual std::vector<TokenId> forced(std::span<const std::uint32_t> /*allowed*/) { return {}; }
  /// The same place, for a sequence that goes another way from here.
  virtual std::unique_ptr<TokenMatcher> fork() const = 0;
};

/// Thread: any.
class TokenConstraint {
 public:
  virtual ~TokenConstraint() = default;
  /// A matcher before the first token.
  virtual std::unique_ptr<TokenMatcher> begin() const = 0;
};

}  // namespace octavo
