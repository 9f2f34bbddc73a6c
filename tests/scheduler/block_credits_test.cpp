#include "src/scheduler/block_credits.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

TransferId transfer(std::uint64_t step, std::uint64_t request) {
  return {StepId{step}, RequestId{request}, TransferDirection::kDemote};
}

}  // namespace

TEST_CASE("what a released sequence has is free at once, but for what anybody came upon") {
  BlockCredits credits(10, 0);
  credits.promise(8);
  credits.adopt(0, 3);
  credits.release(5);
  CHECK(credits.num_free() == 2 + 2);
  CHECK(credits.num_pending() == 3);
  credits.adopt(3, 1);
  credits.release(3);
  CHECK(credits.num_free() == 4 + 2);
  credits.launch();
  credits.receive({.num_free = 9, .num_cached = 0, .num_host_free = 0});
  CHECK(credits.num_free() == 9);
}

TEST_CASE("a result that is older than a release does not hide it") {
  BlockCredits credits(10, 0);
  credits.promise(8);
  credits.launch();
  credits.release(5);
  credits.promise(1);
  credits.launch();
  credits.receive({.num_free = 2, .num_cached = 0, .num_host_free = 0});
  CHECK(credits.num_free() == 2 + 5 - 1);
}

TEST_CASE("everything is free at the beginning and nothing is on its way") {
  const BlockCredits credits(8, 3);
  CHECK(credits.num_free() == 8);
  CHECK(credits.num_host_free() == 3);
  CHECK(credits.num_cached() == 0);
  CHECK(credits.num_pending() == 0);
  CHECK_FALSE(credits.has_transfers());
  CHECK_FALSE(credits.is_demoting_cached());
}

TEST_CASE("what is promised is gone at once, to the last block") {
  BlockCredits credits(8, 3);
  credits.promise(5);
  CHECK(credits.num_free() == 3);
  credits.promise(3);
  CHECK(credits.num_free() == 0);
  credits.promise(0);
  credits.promise_on_host(2);
  CHECK(credits.num_host_free() == 1);
}

TEST_CASE("a receipt says what its plan left, and later plans are subtracted from it") {
  BlockCredits credits(20, 10);
  credits.promise(4);
  credits.launch();
  credits.promise(5);
  credits.promise_on_host(2);
  credits.launch();
  credits.promise(1);
  credits.launch();
  // The prefix cache had two of the first plan's four.
  credits.receive({18, 6, 9});
  CHECK(credits.num_free() == 18 - 5 - 1);
  CHECK(credits.num_cached() == 6);
  CHECK(credits.num_host_free() == 9 - 2);
  credits.receive({13, 4, 7});
  CHECK(credits.num_free() == 13 - 1);
  CHECK(credits.num_host_free() == 7);
  credits.receive({12, 0, 7});
  CHECK(credits.num_free() == 12);
  CHECK(credits.num_cached() == 0);
}

TEST_CASE("what is given back is pending, and no credit, until its plan has come back") {
  BlockCredits credits(8, 0);
  credits.promise(6);
  credits.launch();
  credits.receive({2, 0, 0});
  credits.give_back(4);
  CHECK(credits.num_free() == 2);
  CHECK(credits.num_pending() == 4);
  credits.launch();
  credits.give_back(1);
  CHECK(credits.num_pending() == 5);
  credits.receive({6, 0, 0});
  CHECK(credits.num_free() == 6);
  CHECK(credits.num_pending() == 1);  // The next plan has not left yet.
}

TEST_CASE("blocks of a transfer are pending until it has finished, then until the next plan") {
  BlockCredits credits(8, 8);
  credits.begin_transfer(transfer(1, 7), 3);
  CHECK(credits.has_transfers());
  CHECK(credits.num_pending() == 3);
  credits.launch();
  credits.receive({0, 0, 5});
  CHECK(credits.num_pending() == 3);  // The copy takes longer than its step.
  CHECK(credits.finish_transfer(transfer(1, 7)));
  CHECK_FALSE(credits.has_transfers());
  CHECK(credits.num_pending() == 3);
  CHECK(credits.num_free() == 0);
  credits.launch();
  credits.receive({3, 0, 5});
  CHECK(credits.num_pending() == 0);
  CHECK(credits.num_free() == 3);
}

TEST_CASE("a transfer ends once, and one that never began does not end") {
  BlockCredits credits(8, 8);
  credits.begin_transfer(transfer(1, 7), 3);
  CHECK_FALSE(credits.finish_transfer(transfer(2, 7)));
  CHECK_FALSE(credits.finish_transfer(transfer(1, 8)));
  CHECK_FALSE(credits.finish_transfer({StepId{1}, RequestId{7}, TransferDirection::kPromote}));
  CHECK(credits.finish_transfer(transfer(1, 7)));
  CHECK_FALSE(credits.finish_transfer(transfer(1, 7)));
  CHECK(credits.num_pending() == 3);
}

TEST_CASE("cached blocks that leave for the host are promised on both tiers") {
  BlockCredits credits(8, 8);
  credits.launch();
  credits.receive({7, 5, 6});
  credits.demote_cached(transfer(2, 0), 3);
  CHECK(credits.num_free() == 4);
  CHECK(credits.num_cached() == 2);
  CHECK(credits.num_host_free() == 3);
  CHECK(credits.num_pending() == 3);
  CHECK(credits.is_demoting_cached());
  credits.launch();
  CHECK(credits.finish_transfer(transfer(2, 0)));
  CHECK_FALSE(credits.is_demoting_cached());
}

TEST_CASE("the swap of a request is no demotion of cached blocks") {
  BlockCredits credits(8, 8);
  credits.begin_transfer(transfer(1, 7), 3);
  CHECK_FALSE(credits.is_demoting_cached());
  credits.begin_transfer(transfer(1, 0), 1);
  CHECK(credits.is_demoting_cached());
}

TEST_CASE("a failed step ends the transfers that began with it and no others") {
  BlockCredits credits(8, 8);
  credits.begin_transfer(transfer(1, 7), 2);
  credits.launch();
  credits.begin_transfer(transfer(2, 8), 3);
  credits.give_back(1);
  credits.launch();
  credits.fail(StepId{1});
  CHECK_FALSE(credits.finish_transfer(transfer(1, 7)));
  CHECK(credits.num_pending() == 2 + 3 + 1);  // The first two come with the next plan.
  CHECK(credits.finish_transfer(transfer(2, 8)));
}

TEST_CASE("the promises of a failed step stay until a receipt says better") {
  BlockCredits credits(8, 4);
  credits.promise(5);
  credits.promise_on_host(2);
  credits.launch();
  credits.fail(StepId{1});
  CHECK(credits.num_free() == 3);  // Perhaps too low, never too high.
  CHECK(credits.num_host_free() == 2);
  credits.launch();
  credits.receive({8, 0, 4});
  CHECK(credits.num_free() == 8);
  CHECK(credits.num_host_free() == 4);
}
