#include "src/replay/trace/prompt_tokens.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

std::size_t common_start(const std::vector<TokenId>& left, const std::vector<TokenId>& right) {
  const auto ends = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  return static_cast<std::size_t>(ends.first - left.begin());
}

}  // namespace

TEST_CASE("prompts are alike exactly as far as their hashes are") {
  Trace trace;
  trace.hash_span = 8;
  trace.hashes = {1, 2, 1, 3, 1, 2};
  trace.requests = {{0, 20, 1, 0, 2}, {0, 20, 1, 2, 2}, {0, 13, 1, 4, 2}};
  const auto first = prompt_tokens(trace, 0);
  CHECK(first.size() == 20);
  CHECK(common_start(first, prompt_tokens(trace, 1)) == 8);
  CHECK(common_start(first, prompt_tokens(trace, 2)) == 13);  // A span that only began.
  CHECK(prompt_tokens(trace, 2).size() == 13);
  CHECK(first == prompt_tokens(trace, 0));
}

TEST_CASE("without hashes no two prompts begin alike, and all tokens are valid") {
  Trace trace;
  trace.requests = {{0, 100, 1, 0, 0}, {0, 100, 1, 0, 0}};
  const auto first = prompt_tokens(trace, 0);
  CHECK(common_start(first, prompt_tokens(trace, 1)) == 0);
  CHECK(*std::min_element(first.begin(), first.end()) >= 0);
  CHECK(*std::max_element(first.begin(), first.end()) < 32768);
}
