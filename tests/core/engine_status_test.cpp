#include "src/core/engine_status.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("a tier without blocks is not in use") { CHECK(EngineStatus{}.host.usage() == 0.0); }

TEST_CASE("the usage of a tier counts neither free nor cached blocks") {
  EngineStatus status;
  status.device.num_blocks = 8;
  status.device.num_available = 2;
  status.device.num_cached = 1;
  CHECK(status.device.num_used() == 6);
  CHECK(status.device.usage() == 0.75);
}

TEST_CASE("waste is the share of used slots without a token") {
  EngineStatus status;
  status.block_size = 4;
  status.device.num_blocks = 8;
  status.device.num_available = 6;
  SECTION("half full") {
    status.num_tokens_held = 4;
    CHECK(status.waste() == 0.5);
  }
  SECTION("full") {
    status.num_tokens_held = 8;
    CHECK(status.waste() == 0.0);
  }
  SECTION("shared slots hold more than fits") {
    status.num_tokens_held = 12;
    CHECK(status.waste() == 0.0);
  }
  SECTION("nothing is in use") {
    status.device.num_available = 8;
    CHECK(status.waste() == 0.0);
  }
}

TEST_CASE("whoever reads a number waits for no writer") {
  CHECK(decltype(EngineStatus::num_running)::is_always_lock_free);
  CHECK(decltype(EngineStatus::num_blocks_demoted)::is_always_lock_free);
  CHECK(decltype(EngineStatus::healthy)::is_always_lock_free);
}
