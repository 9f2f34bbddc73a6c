// Makes constraints of what clients ask for. Building one may take long and much memory, so it is
// done at the desk, within limits, and what has been built is kept for the next who asks for the
// same.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "src/core/output_format.hpp"
#include "src/core/result.hpp"
#include "src/core/token_constraint.hpp"
#include "src/text/tokenizer.hpp"

namespace octavo {

struct GrammarLimits {
  std::size_t max_source_bytes = std::size_t{64} << 10;
  std::size_t max_cache_bytes = std::size_t{256} << 20;
  /// Processor time that compiling one may take, and that much more for each token of the
  /// vocabulary, since every state of a grammar is compared with every token.
  std::chrono::nanoseconds max_time = std::chrono::milliseconds(250);
  std::chrono::nanoseconds max_time_per_token = std::chrono::microseconds(25);
};

/// Thread: any.
class GrammarEngine {
 public:
  virtual ~GrammarEngine() = default;

  /// Null in a build without grammars. vocab_size: the model's; eos_token_ids: what ends an answer;
  /// mark_tokens: control tokens that kTags may name, which are allowed nowhere else.
  static std::shared_ptr<const GrammarEngine> make(std::shared_ptr<const Tokenizer> tokenizer,
                                                   std::int32_t vocab_size,
                                                   std::vector<TokenId> eos_token_ids,
                                                   const std::vector<TokenId>& mark_tokens = {},
                                                   GrammarLimits limits = {});

  /// format: any but kText. stop_token_ids: what ends the answer besides EOS, once it is whole.
  /// Errors: kInvalidValue for a source that is broken, too large or takes too long;
  /// kUnsupportedParameter for one that says what no mask can hold a model to. Both name the member
  /// of the format.
  [[nodiscard]] virtual Result<std::shared_ptr<const TokenConstraint>> compile(
      const OutputFormat& format, const std::vector<TokenId>& stop_token_ids) const = 0;
};

}  // namespace octavo
