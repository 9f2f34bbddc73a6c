#include "src/access/connection_gate.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;
using namespace std::chrono_literals;

TEST_CASE("an address that has all its connections does not take those of another") {
  ConnectionGate gate({3, 2, 0});
  const TimePoint now{};
  CHECK(gate.enter("a", now) == Entrance::kOpen);
  CHECK(gate.enter("a", now) == Entrance::kOpen);
  CHECK(gate.enter("a", now) == Entrance::kAddressFull);
  CHECK(gate.enter("b", now) == Entrance::kOpen);
  CHECK(gate.enter("c", now) == Entrance::kFull);
  CHECK(gate.num_connections() == 3);
  gate.leave("a", now);
  CHECK(gate.enter("a", now) == Entrance::kOpen);
}

TEST_CASE("an address that knocks too often waits, and another does not") {
  ConnectionGate gate({100, 100, 2});
  TimePoint now{};
  for (int i = 0; i < 2; ++i) REQUIRE(gate.enter("a", now) == Entrance::kOpen);
  CHECK(gate.enter("a", now) == Entrance::kTooFast);
  CHECK(gate.enter("b", now) == Entrance::kOpen);
  now += 499ms;
  CHECK(gate.enter("a", now) == Entrance::kTooFast);
  now += 2ms;
  CHECK(gate.enter("a", now) == Entrance::kOpen);
  CHECK(gate.enter("a", now) == Entrance::kTooFast);
}

TEST_CASE("without a limit an address may have all there is") {
  ConnectionGate gate({50, 0, 0});
  for (int i = 0; i < 50; ++i) REQUIRE(gate.enter("a", TimePoint{}) == Entrance::kOpen);
  CHECK(gate.enter("a", TimePoint{}) == Entrance::kFull);
}

TEST_CASE("addresses that have left are forgotten, however many come") {
  ConnectionGate gate({10, 5, 1});
  TimePoint now{};
  std::size_t most = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string address = std::to_string(i);
    REQUIRE(gate.enter(address, now) == Entrance::kOpen);
    gate.leave(address, now);
    now += 1ms;
    most = std::max(most, gate.num_addresses());
  }
  CHECK(most <= 8192);
  CHECK(gate.num_connections() == 0);
}

TEST_CASE("connections of a proxy are counted in all, and their clients each for itself") {
  ConnectionGate gate({3, 1, 0});
  const TimePoint now{};
  for (int i = 0; i < 3; ++i) REQUIRE(gate.enter_connection() == Entrance::kOpen);
  CHECK(gate.enter_connection() == Entrance::kFull);
  CHECK(gate.enter("direct", now) == Entrance::kFull);
  CHECK(gate.enter_address("a", now) == Entrance::kOpen);
  CHECK(gate.enter_address("a", now) == Entrance::kAddressFull);
  CHECK(gate.enter_address("b", now) == Entrance::kOpen);
  CHECK(gate.num_connections() == 3);
  gate.leave_address("a", now);
  CHECK(gate.enter_address("a", now) == Entrance::kOpen);
  gate.leave_connection();
  CHECK(gate.enter("a", now) == Entrance::kAddressFull);  // Directly or through a proxy.
  CHECK(gate.num_connections() == 2);
  CHECK(gate.enter("c", now) == Entrance::kOpen);
  CHECK(gate.num_connections() == 3);
}
