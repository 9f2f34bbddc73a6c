#include "src/access/key_ring.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

KeyEntry entry(const std::string& name, const std::string& key, KeyLimits limits = {}) {
  return {name, sha256_of(key), limits};
}

std::string name_of(const KeyRing& ring, const std::string& key) {
  const auto caller = ring.find(key);
  return caller ? caller->account->name() : "nobody";
}

}  // namespace

TEST_CASE("without keys everybody is let in, on one account") {
  const KeyRing ring;
  CHECK_FALSE(ring.needs_key());
  CHECK(ring.find(std::nullopt)->api_key.empty());
  CHECK(name_of(ring, "anything") == "anonymous");
  CHECK(ring.find("a")->account == ring.find(std::nullopt)->account);
}

TEST_CASE("a key of a flag opens, and has a name that does not tell it") {
  const KeyRing ring{"one", "two"};
  CHECK(ring.needs_key());
  CHECK(name_of(ring, "one") == "api-key-1");
  CHECK(name_of(ring, "two") == "api-key-2");
  CHECK(ring.find("two")->api_key == "two");
  for (const char* wrong : {"", "on", "onee", "ONE", "three"}) CHECK_FALSE(ring.find(wrong));
  CHECK_FALSE(ring.find(std::nullopt));
}

TEST_CASE("a file of keys stands beside those of flags, and an empty one opens nothing") {
  KeyRing ring{"one"};
  CHECK(ring.replace_file({entry("alice", "secret")}) == 0);
  CHECK(name_of(ring, "one") == "api-key-1");
  CHECK(name_of(ring, "secret") == "alice");
  KeyRing empty;
  empty.replace_file({});
  CHECK(empty.needs_key());
  CHECK_FALSE(empty.find(std::nullopt));
  CHECK_FALSE(empty.find(""));
}

TEST_CASE("a key that has left the file is revoked, others stay with what they have used") {
  KeyRing ring;
  ring.replace_file({entry("alice", "a"), entry("bob", "b")});
  const auto alice = ring.find("a")->account;
  const auto bob = ring.find("b")->account;
  CHECK_FALSE(bob->begin_request(0, TimePoint{}));
  CHECK(ring.replace_file({entry("bob", "b", {.concurrency = 1})}) == 1);
  CHECK(alice->is_revoked());
  CHECK_FALSE(ring.find("a"));
  CHECK(ring.find("b")->account == bob);
  CHECK_FALSE(bob->is_revoked());
  CHECK(bob->limits().concurrency == 1);
  CHECK(bob->total().num_requests == 1);
}

TEST_CASE("a key that was exchanged goes on with what the old one has used, which opens no more") {
  KeyRing ring;
  ring.replace_file({entry("alice", "old")});
  const auto before = ring.find("old")->account;
  CHECK_FALSE(before->take_prompt(40, TimePoint{}));
  CHECK(ring.replace_file({entry("alice", "new")}) == 1);
  CHECK_FALSE(ring.find("old"));
  CHECK(before->is_revoked());
  CHECK(ring.find("new")->account->total().num_prompt_tokens == 40);
  CHECK(ring.accounts().size() == 1);
}
