#include "src/text/bpe.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"
#include "tests/text/refusals.hpp"

namespace octavo::text {
namespace {

namespace json = boost::json;
using testing::is_refusal;
using Ids = std::vector<TokenId>;

/// a, b, c and what the merges of a test make of them, in their order from id 3 on.
json::object model_of(const std::vector<std::pair<std::string, std::string>>& merges) {
  json::object vocab{{"a", 0}, {"b", 1}, {"c", 2}};
  json::array pairs;
  for (const auto& [left, right] : merges) {
    vocab.emplace(left + right, static_cast<std::int64_t>(vocab.size()));
    pairs.push_back(json::array{left, right});
  }
  return {{"type", "BPE"}, {"vocab", std::move(vocab)}, {"merges", std::move(pairs)}};
}

Ids encode(const json::object& model, std::string_view piece) {
  Ids ids;
  Bpe::parse(model, false).encode(piece, ids);
  return ids;
}

/// The definition: as long as any two neighbours can be merged, the pair of the first rule is, and
/// the leftmost one of several.
Ids encode_slowly(const json::object& model, std::string_view text) {
  std::vector<std::string> pieces;
  for (const char c : text) pieces.emplace_back(1, c);
  const auto& merges = model.at("merges").as_array();
  const auto merge_one = [&] {
    for (const auto& merge : merges) {
      const auto left = json::value_to<std::string>(merge.at(0));
      const auto right = json::value_to<std::string>(merge.at(1));
      for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
        if (pieces[i] != left || pieces[i + 1] != right) continue;
        pieces[i] += right;
        pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        return true;
      }
    }
    return false;
  };
  while (merge_one()) continue;
  Ids ids;
  for (const auto& piece : pieces) {
    ids.push_back(static_cast<TokenId>(model.at("vocab").at(piece).as_int64()));
  }
  return ids;
}

}  // namespace

TEST_CASE("the pair of the first rule is merged wherever it stands", "[text]") {
  CHECK(encode(model_of({{"b", "c"}, {"a", "b"}}), "abc") == Ids{0, 3});
  CHECK(encode(model_of({{"a", "b"}, {"b", "c"}}), "abc") == Ids{3, 2});
  CHECK(encode(model_of({{"a", "b"}, {"ab", "c"}}), "abcab") == Ids{4, 3});
  CHECK(encode(model_of({{"ab", "c"}, {"a", "b"}}), "abc") == Ids{3});
}

TEST_CASE("equal pairs that share a piece are merged from the left", "[text]") {
  const json::object model = model_of({{"a", "a"}, {"aa", "aa"}});
  CHECK(encode(model, "") == Ids{});
  CHECK(encode(model, "a") == Ids{0});
  CHECK(encode(model, "aaa") == Ids{3, 0});
  CHECK(encode(model, "aaaaaaa") == Ids{4, 3, 0});
}

TEST_CASE("random rules give what merging pair by pair gives", "[text]") {
  testing::Random random(3);
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> known{"a", "b", "c"};
    std::vector<std::pair<std::string, std::string>> merges;
    const auto draw = [&] {
      return known[static_cast<std::size_t>(random.pick(0, static_cast<int>(known.size()) - 1))];
    };
    for (int i = 0; i < 12; ++i) {
      const std::string left = draw();
      const std::string right = draw();
      if (std::ranges::find(known, left + right) != known.end()) continue;
      merges.emplace_back(left, right);
      known.push_back(left + right);
    }
    const json::object model = model_of(merges);
    std::string text;
    for (int num = random.pick(0, 40); num > 0; --num) {
      text.push_back(static_cast<char>('a' + random.pick(0, 2)));
    }
    CAPTURE(round, text);
    REQUIRE(encode(model, text) == encode_slowly(model, text));
  }
}

TEST_CASE("a piece of the vocabulary that no merges lead to is not taken whole", "[text]") {
  json::object model = model_of({{"a", "b"}});
  model["vocab"].as_object().emplace("abc", 4);
  CHECK(encode(model, "abc") == Ids{3, 2});
  CHECK(encode(model, "ab") == Ids{3});
  model["ignore_merges"] = true;
  CHECK(encode(model, "abc") == Ids{4});
  // Two pieces of one number: the second is not what the merges of the first lead to.
  model["ignore_merges"] = false;
  model["vocab"].as_object().emplace("bc", 3);
  CHECK(encode(model, "bc") == Ids{1, 2});
  CHECK(encode(model, "ab") == Ids{3});
}

TEST_CASE("short and long pieces are merged by the same rules", "[text]") {
  const json::object model = model_of({{"a", "a"}, {"aa", "aa"}, {"b", "a"}});
  const std::string unit = "baaaac";
  for (std::string text; text.size() < 60; text += unit) {
    CAPTURE(text.size());
    CHECK(encode(model, text) == encode_slowly(model, text));
    CHECK(encode(model, text + "ba") == encode_slowly(model, text + "ba"));
  }
}

TEST_CASE("tokens are appended to those already there, up to the bound", "[text]") {
  const Bpe bpe = Bpe::parse(model_of({{"a", "b"}}), false);
  Ids ids{9};
  bpe.encode("abc", ids);
  CHECK(ids == Ids{9, 3, 2});
  bpe.encode("a", ids, 3);
  CHECK(ids == Ids{9, 3, 2, 0});
  bpe.encode("a", ids, 3);
  CHECK(ids == Ids{9, 3, 2, 0});
}

TEST_CASE("a model that merges in another way is refused by what it needs", "[text]") {
  const auto refusal = [](const char* member, const char* value) {
    json::object model = model_of({});
    model[member] = value;
    return testing::refusal_of([&] { Bpe::parse(model, false); });
  };
  CHECK(is_refusal(refusal("type", "WordPiece"), Errc::kUnsupportedModel, "WordPiece"));
  for (const char* member : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    CHECK(is_refusal(refusal(member, "##"), Errc::kUnsupportedModel, member));
    CHECK_FALSE(refusal(member, ""));
  }
}

TEST_CASE("a merge of a piece that the vocabulary lacks is refused by its name", "[text]") {
  json::object model = model_of({{"a", "b"}});
  const auto refusal = [&](const char* merge) {
    model["merges"] = json::array{merge};
    return testing::refusal_of([&] { Bpe::parse(model, false); });
  };
  CHECK_FALSE(refusal("a b"));
  CHECK(is_refusal(refusal("a c"), Errc::kInvalidFile, "'ac'"));
  CHECK(is_refusal(refusal("x b"), Errc::kInvalidFile, "'xb'"));
  CHECK(is_refusal(refusal("ab"), Errc::kInvalidFile, "'ab'"));
  CHECK(is_refusal(refusal("a b c"), Errc::kInvalidFile, "'a b c'"));
}

}  // namespace octavo::text
