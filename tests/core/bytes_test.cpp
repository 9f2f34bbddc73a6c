#include "src/core/bytes.hpp"

#include <limits>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = kKiB * kKiB;
constexpr std::uint64_t kGiB = kKiB * kMiB;
constexpr std::uint64_t kTiB = kKiB * kGiB;

}  // namespace

TEST_CASE("a size is a number with a unit of 1024, or of 1000 where it ends in B alone") {
  const std::vector<std::pair<std::string_view, std::uint64_t>> cases{
      {"0", 0},
      {"65536", 65536},
      {"65536B", 65536},
      {"1K", kKiB},
      {"1Ki", kKiB},
      {"1KiB", kKiB},
      {"1KB", 1000},
      {"1M", kMiB},
      {"1MiB", kMiB},
      {"512MB", 512000000},
      {"4GiB", 4 * kGiB},
      {"4G", 4 * kGiB},
      {"4GB", 4000000000},
      {"2TiB", 2 * kTiB},
      {"2TB", 2000000000000},
  };
  for (const auto& [text, bytes] : cases) {
    CAPTURE(text);
    CHECK(parse_bytes(text).value() == bytes);
  }
}

TEST_CASE("a size may have a fraction, which ends at whole bytes, and a small letter") {
  CHECK(parse_bytes("1.5GiB").value() == kGiB + kGiB / 2);
  CHECK(parse_bytes("0.5").value() == 0);
  CHECK(parse_bytes("1.9").value() == 1);
  CHECK(parse_bytes("1e3").value() == 1000);
  CHECK(parse_bytes("3kB").value() == 3000);
  CHECK(parse_bytes("3g").value() == 3 * kGiB);
  CHECK(parse_bytes("3miB").value() == 3 * kMiB);
}

TEST_CASE("what is no size is refused with what one looks like") {
  for (const std::string_view text :
       {"",     " ",   "GiB", "4 GiB",    " 4GiB", "4GiB ", "4Gib",  "4gb",
        "4PiB", "4X",  "4iB", "4i",       "4GBi",  "-1",    "-1GiB", "+1",
        "0x10", "nan", "inf", "infinity", "1e400", "4GiB4"}) {
    CAPTURE(text);
    const auto bytes = parse_bytes(text);
    REQUIRE(bytes.has_error());
    CHECK(bytes.error().code == Errc::kInvalidValue);
    CHECK(bytes.error().detail ==
          "`" + std::string(text) + "` is not a size: write for instance 4GiB, 512MB or 65536");
  }
}

TEST_CASE("the largest size is a million terabytes") {
  CHECK(parse_bytes("1e18").value() == 1000000000000000000ULL);
  CHECK(parse_bytes("1000000TB").value() == 1000000000000000000ULL);
  CHECK(parse_bytes("1000001TB").has_error());
  CHECK(parse_bytes("1000000TiB").has_error());
  CHECK(parse_bytes("1e300T").has_error());
}

TEST_CASE("bytes are shown in the largest unit of which there is one") {
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(1023) == "1023 B");
  CHECK(format_bytes(1024) == "1.00 KiB");
  CHECK(format_bytes(kMiB - kKiB) == "1023.00 KiB");
  CHECK(format_bytes(kMiB - 1) == "1.00 MiB");  // Not 1024.00 KiB.
  CHECK(format_bytes(kGiB - 1) == "1.00 GiB");
  CHECK(format_bytes(kTiB - kGiB / 100) == "1023.99 GiB");
  CHECK(format_bytes(kMiB) == "1.00 MiB");
  CHECK(format_bytes(kGiB + kGiB / 2) == "1.50 GiB");
  CHECK(format_bytes(kTiB) == "1.00 TiB");
  CHECK(format_bytes(5000 * kTiB) == "5000.00 TiB");
  CHECK(format_bytes(std::numeric_limits<std::uint64_t>::max()) == "16777216.00 TiB");
}

TEST_CASE("what is shown is read again, but for the space") {
  for (const std::uint64_t bytes : {7 * kKiB, 300 * kMiB, 3 * kGiB, 9 * kTiB}) {
    std::string text = format_bytes(bytes);
    text.erase(text.find(' '), 1);
    CHECK(parse_bytes(text).value() == bytes);
  }
}
