// What every room counts on when it says that its decisions repeat on any machine.
#include "tests/support/catch.hpp"

TEST_CASE("a product is rounded before it is added to") {
  volatile double factor = 1 + 0x1p-30;
  volatile double rounded_square = 1 + 0x1p-29;  // The square is 2^-60 more.
  const double square = factor;
  CHECK(square * square - rounded_square == 0);
  volatile float small_factor = 1 + 0x1p-13F;
  volatile float rounded_small_square = 1 + 0x1p-12F;
  const float small = small_factor;
  CHECK(small * small - rounded_small_square == 0);
}
