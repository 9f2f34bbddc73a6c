#include "src/scheduler/reservation.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("every allocator is found by its own name, and no other") {
  for (const KvAllocator allocator : {KvAllocator::kPaged, KvAllocator::kOrcaMax,
                                      KvAllocator::kOrcaPow2, KvAllocator::kOrcaOracle}) {
    CHECK(kv_allocator_named(name_of(allocator)).value() == allocator);
  }
  const auto wrong = kv_allocator_named("orca");
  REQUIRE(wrong.has_error());
  CHECK(wrong.error().code == Errc::kInvalidValue);
  CHECK(wrong.error().detail.find("orca-oracle") != std::string::npos);
}

TEST_CASE("paging reserves nothing, Max the whole context") {
  CHECK(reserved_tokens(KvAllocator::kPaged, 161, 338, 2048) == 0);
  CHECK(reserved_tokens(KvAllocator::kOrcaMax, 161, 338, 2048) == 2048);
}

TEST_CASE("Pow2 rounds the output alone up to a power of two") {
  CHECK(reserved_tokens(KvAllocator::kOrcaPow2, 100, 25, 2048) == 132);
  CHECK(reserved_tokens(KvAllocator::kOrcaPow2, 100, 32, 2048) == 132);
  CHECK(reserved_tokens(KvAllocator::kOrcaPow2, 100, 33, 2048) == 164);
}

TEST_CASE("Oracle reserves what will be used") {
  CHECK(reserved_tokens(KvAllocator::kOrcaOracle, 100, 25, 2048) == 125);
}

TEST_CASE("no reservation is longer than the context") {
  CHECK(reserved_tokens(KvAllocator::kOrcaPow2, 1500, 513, 2048) == 2048);
  CHECK(reserved_tokens(KvAllocator::kOrcaOracle, 2'000'000'000, 2'000'000'000, 2048) == 2048);
}
