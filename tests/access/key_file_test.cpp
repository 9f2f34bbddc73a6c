#include "src/access/key_file.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;
using Catch::Matchers::Contains;

namespace {

const std::string kHash(64, 'a');
const std::string kOther(64, 'b');

std::string entry(const std::string& more, const std::string& name = "alice",
                  const std::string& hash = kHash) {
  return R"({"name":")" + name + R"(","sha256":")" + hash + "\"" + more + "}";
}

Result<std::vector<KeyEntry>> parse(const std::string& entries, const KeyLimits& defaults = {}) {
  return parse_key_file(R"({"keys":[)" + entries + "]}", "keys.json", defaults);
}

std::string fault(const std::string& entries) {
  const auto parsed = parse(entries);
  REQUIRE_FALSE(parsed.has_value());
  CHECK(parsed.error().code == Errc::kInvalidFile);
  CHECK_THAT(parsed.error().message(), Contains("keys.json"));
  return parsed.error().message();
}

}  // namespace

TEST_CASE("an entry says whose the key is and what it may take") {
  const auto parsed =
      parse(entry(R"(,"concurrency":4,"requests_per_minute":60,"tokens_per_minute":100000,)"
                  R"("max_connections":3,"priority":-2,"share":2.5)") +
            "," + entry("", "bob", kOther));
  REQUIRE(parsed.has_value());
  REQUIRE(parsed->size() == 2);
  const KeyEntry& alice = parsed->front();
  CHECK(alice.name == "alice");
  CHECK(alice.hash == sha256_in(kHash));
  CHECK(alice.limits == KeyLimits{4, 60, 100'000, 3, -2, 2.5});
  CHECK(parsed->back().limits == KeyLimits{});
}

TEST_CASE("what an entry leaves out is the server's, and 0 is no limit") {
  const auto parsed =
      parse(entry(R"(,"max_connections":0)"), {.concurrency = 7, .max_connections = 9});
  REQUIRE(parsed.has_value());
  CHECK(parsed->front().limits.concurrency == 7);
  CHECK(parsed->front().limits.max_connections == 0);
}

TEST_CASE("a file of no keys is one") { CHECK(parse("").value().empty()); }

TEST_CASE("a file that cannot mean what it says is refused, and says why") {
  CHECK_THAT(fault(entry("", "")), Contains("name"));
  CHECK_THAT(fault(entry("", "a b")), Contains("name"));
  CHECK_THAT(fault(entry("", "anonymous")), Contains("anonymous"));
  CHECK_THAT(fault(entry("", "api-key-1")), Contains("api-key-"));
  CHECK_THAT(fault(entry("", "alice", "abc")), Contains("sha256sum"));
  CHECK_THAT(fault(R"({"name":"alice"})"), Contains("sha256"));
  CHECK_THAT(fault(entry(R"(,"concurency":4)")), Contains("concurency"));
  CHECK_THAT(fault(entry(R"(,"concurrency":-1)")), Contains("concurrency"));
  CHECK_THAT(fault(entry(R"(,"share":0)")), Contains("share"));
  CHECK_THAT(fault(entry(R"(,"priority":"high")")), Contains("priority"));
  CHECK_THAT(fault(entry("") + "," + entry("", "alice", kOther)), Contains("two keys"));
  CHECK_THAT(fault(entry("") + "," + entry("", "bob")), Contains("another key"));
  CHECK_THAT(fault("7"), Contains("keys"));
  for (const std::string text :
       {"", "[]", "{", "{}", R"({"keys":{}})", R"({"keys":[],"kees":[]})"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_key_file(text, "keys.json", {}).has_value());
  }
}

TEST_CASE("a file that is not there is refused by its name") {
  const auto read = read_key_file("/nowhere/keys.json", {});
  REQUIRE_FALSE(read.has_value());
  CHECK_THAT(read.error().message(), Contains("/nowhere/keys.json"));
}
