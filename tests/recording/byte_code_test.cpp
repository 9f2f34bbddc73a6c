#include "src/recording/byte_code.hpp"

#include <cmath>
#include <functional>
#include <limits>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

std::string written(const std::function<void(ByteWriter&)>& write) {
  std::string bytes;
  ByteWriter out(bytes);
  write(out);
  return bytes;
}

std::string text(std::initializer_list<int> bytes) {
  std::string made;
  for (int byte : bytes) made.push_back(static_cast<char>(byte));
  return made;
}

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
constexpr std::int64_t kLow = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHigh = std::numeric_limits<std::int64_t>::max();

}  // namespace

TEST_CASE("an unsigned number takes a byte for each seven of its bits, the lowest first") {
  const auto bytes_of = [](std::uint64_t value) {
    return written([&](ByteWriter& out) { out.put(value); });
  };
  CHECK(bytes_of(0) == text({0x00}));
  CHECK(bytes_of(127) == text({0x7F}));
  CHECK(bytes_of(128) == text({0x80, 0x01}));
  CHECK(bytes_of(300) == text({0xAC, 0x02}));
  CHECK(bytes_of(kMax) == text({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}));
}

TEST_CASE("small numbers take a byte on both sides of zero") {
  const auto bytes_of = [](std::int64_t value) {
    return written([&](ByteWriter& out) { out.put_signed(value); });
  };
  CHECK(bytes_of(0) == text({0}));
  CHECK(bytes_of(-1) == text({1}));
  CHECK(bytes_of(1) == text({2}));
  CHECK(bytes_of(63).size() == 1);
  CHECK(bytes_of(-64).size() == 1);
  CHECK(bytes_of(64).size() == 2);
  CHECK(bytes_of(-65).size() == 2);
  CHECK(bytes_of(kLow).size() == 10);
}

TEST_CASE("numbers of a fixed size begin with their low byte") {
  CHECK(written([](ByteWriter& out) { out.put_fixed(0x0102030405060708); }) ==
        text({8, 7, 6, 5, 4, 3, 2, 1}));
  CHECK(written([](ByteWriter& out) { out.put_fixed(0xAABBCCDD, 3); }) == text({0xDD, 0xCC, 0xBB}));
  CHECK(written([](ByteWriter& out) { out.put_float(1.0F); }) == text({0, 0, 0x80, 0x3F}));
}

TEST_CASE("every number is read as it was written, at the borders of its bytes too") {
  for (int shift = 0; shift < 64; ++shift) {
    const std::uint64_t power = std::uint64_t{1} << shift;
    for (const std::uint64_t value : {power - 1, power, kMax - power}) {
      const auto as_signed = static_cast<std::int64_t>(value);
      CAPTURE(value);
      const std::string bytes = written([&](ByteWriter& out) {
        out.put(value);
        out.put_signed(as_signed);
        out.put_fixed(value);
      });
      ByteReader in(bytes);
      CHECK(in.get() == value);
      CHECK(in.get_signed() == as_signed);
      CHECK(in.get_fixed() == value);
      CHECK(in.num_left() == 0);
      CHECK(in.is_good());
    }
  }
  const std::string ends = written([](ByteWriter& out) {
    out.put_signed(kLow);
    out.put_signed(kHigh);
  });
  ByteReader in(ends);
  CHECK(in.get_signed() == kLow);
  CHECK(in.get_signed() == kHigh);
}

TEST_CASE("a float comes back to the bit, the special ones too") {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float value : {0.0F, -0.0F, 1.5F, -1e-42F, infinity, -infinity}) {
    const std::string bytes = written([&](ByteWriter& out) { out.put_float(value); });
    const float read = ByteReader(bytes).get_float();
    CHECK(read == value);
    CHECK(std::signbit(read) == std::signbit(value));
  }
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(ByteReader(written([&](ByteWriter& out) { out.put_float(nan); })).get_float()));
}

TEST_CASE("a number that does not end or does not fit 64 bits reads as 0 and is a failure") {
  const std::string nine(9, '\xFF');
  const std::string cases[] = {
      "", "\x80", nine, nine + "\x02", nine + "\x81", nine + "\xFF\x01", std::string(64, '\x80')};
  for (const std::string& bytes : cases) {
    CAPTURE(bytes.size());
    ByteReader in(bytes);
    CHECK(in.get() == 0);
    CHECK_FALSE(in.is_good());
  }
}

TEST_CASE("after one failure nothing more is read") {
  const std::string bytes = text({2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
  ByteReader in(bytes);
  CHECK_FALSE(in.get_bool());
  CHECK_FALSE(in.is_good());
  CHECK(in.num_left() == 0);
  CHECK(in.get() == 0);
  CHECK(in.get_signed() == 0);
  CHECK(in.get_fixed() == 0);
  CHECK_FALSE(in.get_bool());
  CHECK(in.get_count() == 0);
}

TEST_CASE("a number of a fixed size needs all of its bytes") {
  const std::string bytes(7, '\x01');
  CHECK(ByteReader(bytes).get_fixed(7) == 0x01010101010101);
  ByteReader in(bytes);
  CHECK(in.get_fixed() == 0);
  CHECK_FALSE(in.is_good());
  ByteReader floats(std::string_view(bytes).substr(4));
  CHECK(floats.get_float() == 0.0F);
  CHECK_FALSE(floats.is_good());
}

TEST_CASE(
    "an integer is within its bounds, both included, or a failure that reads as the low one") {
  struct Case {
    std::int64_t value;
    bool fits;
  };
  const auto each = GENERATE(values<Case>(
      {{-3, true}, {-4, false}, {5, true}, {6, false}, {std::int64_t{1} << 32, false}}));
  const std::string bytes = written([&](ByteWriter& out) { out.put_signed(each.value); });
  ByteReader in(bytes);
  CHECK(in.get_int(-3, 5) == (each.fits ? each.value : -3));
  CHECK(in.is_good() == each.fits);
}

TEST_CASE("an integer without an upper bound still fits 32 bits") {
  const std::int64_t largest = std::numeric_limits<std::int32_t>::max();
  const std::string bytes = written([&](ByteWriter& out) {
    out.put_signed(largest);
    out.put_signed(largest + 1);
  });
  ByteReader in(bytes);
  CHECK(in.get_int(0) == largest);
  CHECK(in.get_int(0) == 0);
  CHECK_FALSE(in.is_good());
}

TEST_CASE("a count is no larger than the bytes that follow it") {
  ByteReader fits(
      std::string_view("\x03"
                       "abc"));
  CHECK(fits.get_count() == 3);
  CHECK(fits.is_good());
  ByteReader too_large(
      std::string_view("\x04"
                       "abc"));
  CHECK(too_large.get_count() == 0);
  CHECK_FALSE(too_large.is_good());
}

TEST_CASE("a truth value is 0 or 1") {
  ByteReader in(std::string_view("\x00\x01\x02", 3));
  CHECK_FALSE(in.get_bool());
  CHECK(in.get_bool());
  CHECK(in.is_good());
  CHECK_FALSE(in.get_bool());
  CHECK_FALSE(in.is_good());
}
