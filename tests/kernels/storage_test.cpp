#include "kernels/storage.hpp"

#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo::kernels;

namespace {

using Release = std::pair<void*, std::size_t>;

/// What has been given back, in order.
std::vector<Release>& released() {
  static std::vector<Release> all;
  return all;
}

Buffer counted(int& memory, std::size_t bytes) {
  return {&memory, bytes, [](void* data, std::size_t num) { released().emplace_back(data, num); }};
}

}  // namespace

TEST_CASE("a buffer gives its memory back once, at its end") {
  released().clear();
  int memory = 7;
  {
    const Buffer buffer = counted(memory, 4);
    CHECK(buffer);
    CHECK(buffer.data() == &memory);
    CHECK(buffer.bytes() == 4);
    CHECK(*buffer.as<int>() == 7);
    CHECK(released().empty());
  }
  CHECK(released() == std::vector<Release>{{&memory, 4}});
}

TEST_CASE("a buffer without memory gives nothing back") {
  released().clear();
  {
    const Buffer none;
    CHECK_FALSE(none);
    CHECK(none.bytes() == 0);
    const Buffer refused(nullptr, 8,
                         [](void* data, std::size_t num) { released().emplace_back(data, num); });
    CHECK_FALSE(refused);
  }
  CHECK(released().empty());
}

TEST_CASE("a buffer that moved has nothing left") {
  released().clear();
  int memory = 0;
  {
    Buffer from = counted(memory, 4);
    const Buffer to = std::move(from);
    CHECK_FALSE(from);
    CHECK(from.bytes() == 0);
    CHECK(to.data() == &memory);
    CHECK(released().empty());
  }
  CHECK(released().size() == 1);
}

TEST_CASE("what a buffer held is given back when another moves into it") {
  released().clear();
  int first = 0;
  int second = 0;
  {
    Buffer buffer = counted(first, 1);
    Buffer other = counted(second, 2);
    buffer = std::move(other);
    CHECK_FALSE(other);
    CHECK(released() == std::vector<Release>{{&first, 1}});
    CHECK(buffer.data() == &second);
    Buffer& itself = buffer;
    buffer = std::move(itself);
    CHECK(buffer.data() == &second);
    CHECK(buffer.bytes() == 2);
    buffer = Buffer();
    CHECK(released() == std::vector<Release>{{&first, 1}, {&second, 2}});
  }
  CHECK(released().size() == 2);
}

TEST_CASE("buffers that are swapped each give the other's memory back") {
  released().clear();
  int first = 0;
  int second = 0;
  {
    Buffer a = counted(first, 1);
    {
      Buffer b = counted(second, 2);
      a.swap(b);
      CHECK(a.data() == &second);
      CHECK(b.bytes() == 1);
    }
    CHECK(released() == std::vector<Release>{{&first, 1}});
  }
  CHECK(released() == std::vector<Release>{{&first, 1}, {&second, 2}});
}

TEST_CASE("a matrix and a vector are there when their memory is") {
  int memory = 0;
  Matrix matrix;
  Vector vector;
  matrix.rows = vector.size = 3;
  CHECK_FALSE(matrix);
  CHECK_FALSE(vector);
  CHECK(vector.data() == nullptr);
  matrix.storage = counted(memory, 4);
  vector.storage = counted(memory, 4);
  CHECK(matrix);
  CHECK(vector);
  CHECK(static_cast<const void*>(vector.data()) == &memory);
}
