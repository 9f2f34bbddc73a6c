// What a client wants an answer to be: a schema, an expression, a grammar or tags. Building masks
// is total: an error, or a constraint that goes on to its end. The first byte chooses the kind, the
// next eight how the answer goes on.
#include <array>
#include <ctime>

#include "src/grammar/grammar_engine.hpp"
#include "tests/fuzz/support.hpp"
#include "tests/support/byte_tokenizer.hpp"

namespace octavo::fuzz {
namespace {

constexpr TokenId kEnd = 256;
constexpr std::size_t kVocabulary = 257;

const GrammarEngine& engine() {
  static const auto engine =
      GrammarEngine::make(testing::byte_tokenizer(), kVocabulary, {kEnd}, {},
                          {.max_source_bytes = std::size_t{64} << 10, .max_cache_bytes = 1 << 20});
  return *engine;
}

OutputFormat format_of(Input& input) {
  constexpr std::array kinds{OutputKind::kJsonSchema, OutputKind::kJsonSchema, OutputKind::kRegex,
                             OutputKind::kGrammar, OutputKind::kTags};
  const std::size_t kind = input.pick(kinds.size());
  return {kinds.at(kind), {}, kind == 1, "format"};
}

/// The `rank`-th of the tokens that may follow; none where nothing may.
std::vector<TokenId> allowed_by(TokenMatcher& matcher) {
  std::array<std::uint32_t, (kVocabulary + 31) / 32> words{};
  matcher.fill(words);
  std::vector<TokenId> allowed;
  for (std::size_t token = 0; token < kVocabulary; ++token) {
    if ((words.at(token / 32) >> (token % 32) & 1U) != 0)
      allowed.push_back(static_cast<TokenId>(token));
  }
  return allowed;
}

void walk(const TokenConstraint& constraint, std::string_view choices) {
  const auto matcher = constraint.begin();
  const std::clock_t began = std::clock();
  for (int i = 0; i < 48; ++i) {
    const std::vector<TokenId> allowed = allowed_by(*matcher);
    if (allowed.empty()) return;  // An answer that nothing can be, such as an empty enumeration.
    const auto choice =
        static_cast<std::uint8_t>(choices[static_cast<std::size_t>(i) % choices.size()]);
    const TokenId token = allowed[choice % allowed.size()];
    const bool is_accepted = matcher->accept(token);
    const bool is_slow = std::clock() - began > CLOCKS_PER_SEC / 5;  // Perhaps it has given up.
    expect(is_accepted || is_slow, "a token that was allowed is not accepted");
    if (!is_accepted) return;
    if (token == kEnd) return;
  }
}

}  // namespace
}  // namespace octavo::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  fuzz::Input input(data, size);
  OutputFormat format = fuzz::format_of(input);
  const std::string_view choices = input.take(8);
  format.source = std::string(input.rest());
  if (format.source.empty()) return -1;
  const auto constraint = fuzz::engine().compile(format, {});
  if (constraint)
    fuzz::walk(**constraint, choices);
  else
    fuzz::expect(constraint.error().param == "format", "an error that does not say where");
  return 0;
}
