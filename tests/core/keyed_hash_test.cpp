#include "src/core/keyed_hash.hpp"

#include <string>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {
const HashKey kKey{0x0706050403020100ULL, 0x0F0E0D0C0B0A0908ULL};
}

TEST_CASE("the hash is SipHash-2-4, by its authors' vectors") {
  std::string bytes;
  CHECK(keyed_hash(kKey, bytes) == 0x726FDB47DD0E0E31ULL);
  for (int i = 0; i < 15; ++i) bytes.push_back(static_cast<char>(i));
  CHECK(keyed_hash(kKey, bytes) == 0xA129CA6149BE45E5ULL);
}

TEST_CASE("a tenant depends on the API key and on the server's own, and nobody is tenant 0") {
  CHECK(tenant_of(kKey, "") == 0);
  CHECK(tenant_of(kKey, "a") == tenant_of(kKey, "a"));
  CHECK(tenant_of(kKey, "a") != tenant_of(kKey, "b"));
  CHECK(tenant_of(kKey, "a") != tenant_of(HashKey{1, 2}, "a"));
}

TEST_CASE("a salt sets a namespace apart within its tenant only") {
  CHECK(cache_namespace_of(kKey, 7, "") == 7);
  CHECK(cache_namespace_of(kKey, 7, "s") == cache_namespace_of(kKey, 7, "s"));
  CHECK(cache_namespace_of(kKey, 7, "s") != cache_namespace_of(kKey, 7, "t"));
  CHECK(cache_namespace_of(kKey, 7, "s") != cache_namespace_of(kKey, 8, "s"));
  CHECK(cache_namespace_of(kKey, 0, "s") != 0);
}
