#include "kernels/host/memory.hpp"

#include <algorithm>
#include <vector>

#include "kernels/host/half.hpp"
#include "tests/support/catch.hpp"

using namespace octavo::kernels;

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

}  // namespace

TEST_CASE("memory is zeroed, aligned and can be written to its end") {
  const std::size_t bytes = GENERATE(std::size_t{1}, std::size_t{64}, std::size_t{4097},
                                     kHugePage - 1, kHugePage, kHugePage + 1, 2 * kHugePage);
  CAPTURE(bytes);
  const Buffer buffer = take_memory(bytes);
  REQUIRE(buffer);
  CHECK(buffer.bytes() == bytes);
  auto* data = buffer.as<unsigned char>();
  const std::size_t alignment = bytes < kHugePage ? 64 : kHugePage;
  CHECK(reinterpret_cast<std::uintptr_t>(data) % alignment == 0);
  CHECK(std::all_of(data, data + bytes, [](unsigned char byte) { return byte == 0; }));
  std::fill_n(data, bytes, 0xAB);
  CHECK(data[bytes - 1] == 0xAB);
}

TEST_CASE("memory that is taken again is zeroed again") {
  for (int round = 0; round < 3; ++round) {
    const Buffer buffer = take_memory(100'000);
    REQUIRE(buffer);
    auto* data = buffer.as<unsigned char>();
    CHECK(std::all_of(data, data + 100'000, [](unsigned char byte) { return byte == 0; }));
    std::fill_n(data, 100'000, 0xFF);
  }
}

TEST_CASE("no memory and more than there can be come back empty") {
  const std::size_t most = std::size_t{1} << 47;
  for (const std::size_t bytes : {std::size_t{0}, most, most + 1, SIZE_MAX, SIZE_MAX - kHugePage}) {
    CAPTURE(bytes);
    const Buffer buffer = take_memory(bytes);
    CHECK_FALSE(buffer);
    CHECK(buffer.bytes() == 0);
  }
}

TEST_CASE("the size of a matrix is told as long as an address space holds it") {
  CHECK(checked_bytes(3, 5, 4) == 60);
  CHECK(checked_bytes(1, 1, 1) == 1);
  CHECK(checked_bytes(std::int64_t{1} << 23, std::int64_t{1} << 23, 2) == std::size_t{1} << 47);
  CHECK(checked_bytes((std::int64_t{1} << 46) + 1, 1, 2) == 0);
}

TEST_CASE("a size that is none is 0, never a small number by chance") {
  for (const auto& [rows, cols] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {0, 5},
           {5, 0},
           {-1, 5},
           {5, -1},
           {-2, -3},
           {INT64_MAX, INT64_MAX},
           {INT64_MIN, 2},
           {std::int64_t{1} << 32, std::int64_t{1} << 32},
           {std::int64_t{1} << 62, 1}}) {
    CAPTURE(rows, cols);
    CHECK(checked_bytes(rows, cols, 4) == 0);
  }
}

TEST_CASE("parts of all types are put end to end as float32") {
  const std::vector<float> singles{1.5F, -2.0F};
  const std::vector<std::uint16_t> halves{0x3c00, 0xc000, 0x7bff};
  const std::vector<std::uint16_t> brains{0x3f80};
  const std::vector<HostMatrix> parts{{halves.data(), DType::kF16, 1, 3, false},
                                      {singles.data(), DType::kF32, 2, 1, false},
                                      {brains.data(), DType::kBF16, 1, 1, false}};
  const Vector vector = float_vector(parts);
  REQUIRE(vector);
  CHECK(vector.size == 6);
  CHECK(vector.storage.bytes() == 24);
  CHECK(std::vector<float>(vector.data(), vector.data() + 6) ==
        std::vector<float>{1.0F, -2.0F, 65504.0F, 1.5F, -2.0F, 1.0F});
}

TEST_CASE("a vector of no parts, or of parts too large, is empty") {
  CHECK_FALSE(float_vector({}));
  const HostMatrix nothing{nullptr, DType::kF32, 1, 0, false};
  CHECK_FALSE(float_vector({&nothing, 1}));
  const HostMatrix huge{nullptr, DType::kF32, 1, std::int64_t{1} << 50, false};
  CHECK_FALSE(float_vector({&huge, 1}));
}
