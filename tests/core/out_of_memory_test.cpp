#include "src/core/out_of_memory.hpp"

#include <memory>
#include <vector>

#include "src/core/allocation_watch.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

/// Refuses the allocation of this number, and all after it.
class Refusing final : public AllocationWatch {
 public:
  explicit Refusing(int first) : left_(first) {}
  void before_allocation(std::size_t) override {
    if (left_-- <= 0) throw std::bad_alloc();
  }

 private:
  int left_;
};

}  // namespace

TEST_CASE("work that finds no memory fails alone") {
  const auto work = []() -> Result<int> {
    const std::vector<int> numbers(1000, 7);
    const auto number = std::make_unique<int>(numbers.back());
    return *number;
  };
  CHECK(or_out_of_memory(work).value() == 7);
  const Result<int> result = [&] {
    Refusing refusing(0);
    const WatchedAllocations watched(refusing);
    return or_out_of_memory(work);
  }();
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Errc::kOutOfMemory);
  CHECK(or_out_of_memory(work).value() == 7);
}
