// An allocation that fails, each in turn: who wanted it fails, and nobody else.
#include "src/core/out_of_memory.hpp"

#include <boost/json/serialize.hpp>
#include <string>

#include "src/core/allocation_watch.hpp"
#include "src/response/prompt.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sim.hpp"

using namespace octavo;
using testing::create;
using testing::Sim;

namespace {

/// Refuses one allocation.
class RefusingOne final : public AllocationWatch {
 public:
  explicit RefusingOne(int place) : place_(place) {}
  void before_allocation(std::size_t) override {
    if (place_-- == 0) throw std::bad_alloc();
  }
  bool has_refused() const { return place_ < 0; }

 private:
  int place_;
};

/// Whether the session has taken the frame.
bool takes(Session& session, std::string frame, RefusingOne& refusing) {
  try {
    const WatchedAllocations watched(refusing);
    session.receive_frame(std::move(frame));
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

}  // namespace

TEST_CASE("an allocation that fails while a frame is taken ends its connection at most") {
  const std::string frame = boost::json::serialize(create("a story", 8));
  int num_places = 0;
  for (bool is_over = false; !is_over; ++num_places) {
    CAPTURE(num_places);
    Sim sim;
    auto unlucky = sim.connect();
    auto other = sim.connect();
    other->say(create("another story", 8));
    RefusingOne refusing(num_places);
    // As the connection's coroutine does when the exception comes to it.
    if (!takes(unlucky->session, frame, refusing))
      unlucky->session.leave(CancelReason::kClientGone);
    sim.settle();
    other->read();
    REQUIRE(other->count("response.incomplete") == 1);
    REQUIRE(sim.ring.blocks().num_free() == sim.ring.blocks().num_blocks());
    REQUIRE(sim.ring.is_idle());
    is_over = !refusing.has_refused();
  }
  CHECK(num_places > 20);
}

TEST_CASE("an allocation that fails while a prompt is made fails its request alone") {
  Sim sim;
  ResponseCreate request;
  request.text_input = "a story";
  int num_places = 0;
  for (bool is_over = false; !is_over; ++num_places) {
    CAPTURE(num_places);
    RefusingOne refusing(num_places);
    const Result<Prompt> prompt = [&] {
      const WatchedAllocations watched(refusing);
      return or_out_of_memory([&] { return prepare_prompt(sim.model, request, nullptr); });
    }();
    is_over = !refusing.has_refused();
    REQUIRE(prompt.has_value() == is_over);
    if (!is_over) REQUIRE(prompt.error().code == Errc::kOutOfMemory);
  }
  CHECK(num_places > 2);
}
