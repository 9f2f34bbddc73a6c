#include "src/cache/prefix_index.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

const std::vector<TokenId> kFirst{1, 2, 3, 4};
const std::vector<TokenId> kSecond{5, 6, 7, 8};

PrefixPosition enter(PrefixIndex& index, const PrefixPosition& at,
                     const std::vector<TokenId>& tokens, std::int32_t block) {
  PrefixPosition next = index.next(at, tokens);
  next.content = index.insert(next, at.content, tokens);
  index.set_place(next.content, Tier::kDevice, BlockId{block});
  return next;
}

}  // namespace

TEST_CASE("a block is found behind the very blocks that it followed, and only there") {
  PrefixIndex index(8, 4, 1);
  const PrefixPosition first = enter(index, index.root(0), kFirst, 3);
  const PrefixPosition second = enter(index, first, kSecond, 5);
  CHECK(index.next(index.root(0), kFirst).content == first.content);
  CHECK(index.next(first, kSecond).content == second.content);
  CHECK(index.next(index.root(0), kSecond).content.value == 0);
  CHECK(index.next(second, kSecond).content.value == 0);
  CHECK(index.place(second.content, Tier::kDevice) == BlockId{5});
}

TEST_CASE("namespaces share nothing") {
  PrefixIndex index(8, 4, 1);
  enter(index, index.root(1), kFirst, 0);
  CHECK(index.next(index.root(2), kFirst).content.value == 0);
}

TEST_CASE("a content is forgotten when it is gone from both tiers, and its followers with it") {
  PrefixIndex index(8, 4, 1);
  const PrefixPosition first = enter(index, index.root(0), kFirst, 0);
  const PrefixPosition second = enter(index, first, kSecond, 1);
  index.set_place(first.content, Tier::kHost, BlockId{9});
  index.clear_place(first.content, Tier::kDevice);
  CHECK(index.next(index.root(0), kFirst).content == first.content);
  index.clear_place(first.content, Tier::kHost);
  CHECK(index.next(index.root(0), kFirst).content.value == 0);
  // Entered again it is another content: what followed the old one does not follow it.
  const PrefixPosition again = enter(index, index.root(0), kFirst, 0);
  CHECK(again.content != first.content);
  CHECK(index.next(again, kSecond).content.value == 0);
  CHECK(index.is_known(second.content));
}

TEST_CASE("a full index finds everything after many have come and gone") {
  constexpr std::int32_t kSize = 64;
  PrefixIndex index(kSize, 4, 1);
  std::vector<PrefixPosition> entered(kSize);
  const auto tokens = [](std::int32_t i) { return std::vector<TokenId>{i, i, i, i}; };
  for (std::int32_t round = 0; round < 50; ++round) {
    for (std::int32_t i = round % 3; i < kSize; i += 3) {
      if (entered[static_cast<std::size_t>(i)].content.value != 0)
        index.clear_place(entered[static_cast<std::size_t>(i)].content, Tier::kDevice);
      entered[static_cast<std::size_t>(i)] =
          enter(index, index.root(0), tokens(i + kSize * (round + 1)), i);
    }
    for (const PrefixPosition& each : entered)
      CHECK((each.content.value == 0 || index.is_known(each.content)));
  }
  CHECK(index.size() == kSize);
}

TEST_CASE("what only hashes alike is no hit: the tokens themselves are compared") {
  PrefixIndex index(8, 4, 1);
  const PrefixPosition expected = index.next(index.root(0), kFirst);
  // Other tokens stand under the hash of these, as after a collision.
  const ContentId content = index.insert(expected, {}, kSecond);
  index.set_place(content, Tier::kDevice, BlockId{0});
  CHECK(index.next(index.root(0), kFirst).content.value == 0);
}

TEST_CASE("both halves of the hash are compared") {
  PrefixIndex index(8, 4, 1);
  PrefixPosition other = index.next(index.root(0), kFirst);
  other.hash[1] ^= 1;
  const ContentId content = index.insert(other, {}, kFirst);
  index.set_place(content, Tier::kDevice, BlockId{0});
  CHECK(index.next(index.root(0), kFirst).content.value == 0);
}

TEST_CASE("every hash is keyed by the secret, the first one as well") {
  const PrefixIndex one(8, 4, 1);
  const PrefixIndex two(8, 4, 2);
  CHECK(one.root(5).hash != two.root(5).hash);
  CHECK(one.next(one.root(5), kFirst).hash != two.next(one.root(5), kFirst).hash);
}
