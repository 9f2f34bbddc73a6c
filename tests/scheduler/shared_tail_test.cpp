#include "src/scheduler/shared_tail.hpp"

#include <optional>

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("a sequence that never shared has no shared block") {
  const SharedTail tail;
  CHECK_FALSE(tail.is_shared());
  CHECK(tail.num_sharers() == 0);
  CHECK(tail.block() == nullptr);
}

TEST_CASE("all who share one block name the same one, and know their number") {
  SharedTail parent;
  SharedTail child;
  SharedTail grandchild;
  parent.share_with(child);
  CHECK(parent.num_sharers() == 2);
  child.share_with(grandchild);
  for (const SharedTail* each : {&parent, &child, &grandchild}) {
    CHECK(each->is_shared());
    CHECK(each->num_sharers() == 3);
    CHECK(each->block() == parent.block());
  }
}

TEST_CASE("the last to share a block keeps it for itself") {
  SharedTail parent;
  SharedTail child;
  parent.share_with(child);
  parent.leave();
  CHECK(parent.block() == nullptr);
  CHECK(parent.num_sharers() == 0);
  CHECK_FALSE(child.is_shared());
  CHECK(child.num_sharers() == 1);
  CHECK(child.block() != nullptr);
}

TEST_CASE("a sharer that is gone leaves by itself") {
  SharedTail parent;
  std::optional<SharedTail> child(std::in_place);
  parent.share_with(*child);
  child.reset();
  CHECK_FALSE(parent.is_shared());
}

TEST_CASE("a copy of a sequence shares what the sequence shares") {
  SharedTail parent;
  SharedTail child;
  parent.share_with(child);
  const SharedTail copy = child;
  CHECK(copy.num_sharers() == 3);
  CHECK(copy.block() == parent.block());
}

TEST_CASE("two blocks are two, and who changes from one to the other leaves the first") {
  SharedTail first;
  SharedTail second;
  SharedTail child;
  SharedTail other;
  first.share_with(child);
  second.share_with(other);
  CHECK(first.block() != second.block());
  second.share_with(child);
  CHECK(child.block() == second.block());
  CHECK(second.num_sharers() == 3);
  CHECK_FALSE(first.is_shared());
}
