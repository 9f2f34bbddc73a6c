#include "src/access/sha256.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("the hash is that of `sha256sum`") {
  // FIPS 180-2, appendix B.1, and the hash of nothing.
  CHECK(sha256_of("abc") ==
        sha256_in("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  CHECK(sha256_of("") ==
        sha256_in("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"));
}

TEST_CASE("what is no hash in hexadecimal digits is none") {
  const std::string good(64, 'a');
  CHECK(sha256_in(good).has_value());
  CHECK_FALSE(sha256_in("").has_value());
  CHECK_FALSE(sha256_in(good.substr(1)).has_value());
  CHECK_FALSE(sha256_in(good + "a").has_value());
  CHECK_FALSE(sha256_in("g" + good.substr(1)).has_value());
  CHECK_FALSE(sha256_in(" " + good.substr(1)).has_value());
}

TEST_CASE("hashes are equal when every byte is") {
  const Sha256 hash = sha256_of("abc");
  CHECK(is_equal(hash, sha256_of("abc")));
  for (std::size_t i = 0; i < hash.size(); ++i) {
    Sha256 other = hash;
    other[i] ^= 1;
    REQUIRE_FALSE(is_equal(hash, other));
  }
}
