#include "kernels/host/half.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/catch.hpp"

using namespace octavo::kernels;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNaN = std::nanf("");

std::uint32_t bits_of(float value) { return std::bit_cast<std::uint32_t>(value); }

/// Both bits of sign, exponent and mantissa: -0 is not 0.
bool same(float a, float b) { return bits_of(a) == bits_of(b); }

template <class T>
std::uint32_t rounded(float value) {
  return from_float<T>(value).bits;
}

template <class T>
T of_bits(std::uint32_t bits) {
  T value;
  value.bits = static_cast<decltype(value.bits)>(bits);
  return value;
}

/// Every finite value of T stays itself with either sign, and what lies between two neighbours
/// becomes the nearer one, or the even one where both are as near.
template <class T>
std::size_t num_wrong(std::uint32_t infinity) {
  std::size_t wrong = 0;
  const auto expect = [&](float value, std::uint32_t bits) {
    wrong += rounded<T>(value) == bits ? 0 : 1;
    wrong += rounded<T>(-value) == (bits | 0x8000U) ? 0 : 1;
  };
  for (std::uint32_t bits = 0; bits < infinity; ++bits) {
    const float low = to_float(of_bits<T>(bits));
    expect(low, bits);
    if (bits + 1 == infinity) break;
    const float high = to_float(of_bits<T>(bits + 1));
    const float middle = low + (high - low) / 2.0F;
    expect(std::nextafter(middle, 0.0F), bits);
    expect(middle, bits + (bits & 1U));
    expect(std::nextafter(middle, high), bits + 1);
  }
  return wrong;
}

}  // namespace

TEST_CASE("every float16 stays itself and others become their nearest") {
  CHECK(num_wrong<F16>(0x7c00U) == 0);
}

TEST_CASE("every bfloat16 stays itself and others become their nearest") {
  CHECK(num_wrong<Bf16>(0x7f80U) == 0);
}

TEST_CASE("short floats have the values that their formats give them") {
  CHECK(to_float(F16{0x3c00}) == 1.0F);
  CHECK(to_float(F16{0xc000}) == -2.0F);
  CHECK(to_float(F16{0x7bff}) == 65504.0F);
  CHECK(to_float(F16{0x0400}) == 0x1p-14F);
  CHECK(to_float(F16{0x0001}) == 0x1p-24F);
  CHECK(to_float(F16{0x03ff}) == 1023 * 0x1p-24F);
  CHECK(same(to_float(F16{0x8000}), -0.0F));
  CHECK(to_float(F16{0xfc00}) == -kInfinity);
  CHECK(std::isnan(to_float(F16{0x7c01})));
  CHECK(to_float(Bf16{0x3f80}) == 1.0F);
  CHECK(to_float(Bf16{0xbfc0}) == -1.5F);
  CHECK(to_float(Bf16{0x7f80}) == kInfinity);
  CHECK(to_float(Bf16{0x0001}) == 0x1p-133F);
  CHECK(std::isnan(to_float(Bf16{0x7f81})));
  CHECK(to_float(F8{0x38}) == 1.0F);
  CHECK(to_float(F8{0x7e}) == 448.0F);
  CHECK(to_float(F8{0x01}) == 0x1p-9F);
  CHECK(to_float(F8{0x08}) == 0x1p-6F);
  CHECK(same(to_float(F8{0x80}), -0.0F));
}

TEST_CASE("what is beyond the largest becomes infinite, in 8 bits the largest") {
  CHECK(rounded<F16>(std::nextafter(65520.0F, 0.0F)) == 0x7bffU);
  CHECK(rounded<F16>(65520.0F) == 0x7c00U);
  CHECK(rounded<F16>(std::numeric_limits<float>::max()) == 0x7c00U);
  CHECK(rounded<F16>(-kInfinity) == 0xfc00U);
  const float past_bf16 = std::bit_cast<float>(0x7f7f8000U);
  CHECK(rounded<Bf16>(std::nextafter(past_bf16, 0.0F)) == 0x7f7fU);
  CHECK(rounded<Bf16>(past_bf16) == 0x7f80U);
  CHECK(rounded<Bf16>(-kInfinity) == 0xff80U);
  for (const float value : {464.0F, 465.0F, 1e30F, kInfinity}) {
    CAPTURE(value);
    CHECK(rounded<F8>(value) == 0x7eU);
    CHECK(rounded<F8>(-value) == 0xfeU);
  }
}

TEST_CASE("what is too small becomes a zero of its sign") {
  CHECK(rounded<F16>(0x1p-25F) == 0);
  CHECK(rounded<F16>(-0x1p-25F) == 0x8000U);
  CHECK(rounded<F16>(std::nextafter(0x1p-25F, 1.0F)) == 1);
  CHECK(rounded<F8>(0x1p-10F) == 0);
  CHECK(rounded<F8>(-0x1p-10F) == 0x80U);
  CHECK(rounded<F8>(std::nextafter(0x1p-10F, 1.0F)) == 1);
  CHECK(rounded<Bf16>(std::numeric_limits<float>::denorm_min()) == 0);
}

TEST_CASE("what is no number stays none, with its sign") {
  // A mantissa whose upper bits are empty must not become an infinity.
  for (const std::uint32_t bits : {0x7fc00000U, 0x7f800001U, 0x7fffffffU}) {
    for (const std::uint32_t sign : {0U, 0x80000000U}) {
      const float value = std::bit_cast<float>(bits | sign);
      CAPTURE(bits, sign);
      CHECK(std::isnan(to_float(from_float<F16>(value))));
      CHECK(std::isnan(to_float(from_float<Bf16>(value))));
      CHECK(rounded<F8>(value) == (sign == 0 ? 0x7fU : 0xffU));
      CHECK((rounded<F16>(value) >> 15) == (sign >> 31));
      CHECK((rounded<Bf16>(value) >> 15) == (sign >> 31));
    }
  }
}

TEST_CASE("float32 is left as it is") {
  for (const float value : {0.0F, -0.0F, 0x1p-149F, 1.1F, -kInfinity}) {
    CHECK(same(from_float<float>(value), value));
    CHECK(same(to_float(value), value));
  }
  CHECK(std::isnan(from_float<float>(kNaN)));
}

TEST_CASE("a scale is a power of two by its biased exponent") {
  CHECK(f8_scale(127) == 1.0F);
  CHECK(f8_scale(128) == 2.0F);
  CHECK(f8_scale(1) == 0x1p-126F);
  CHECK(f8_scale(254) == 0x1p127F);
  CHECK(std::isinf(f8_scale(255)));
}

TEST_CASE("elements are stored and loaded at their index, as their type rounds them") {
  const auto [dtype, stored] = GENERATE(Catch::Generators::table<DType, float>(
      {{DType::kF32, 1.0009766F}, {DType::kF16, 1.0009766F}, {DType::kBF16, 1.0F}}));
  CAPTURE(name_of(dtype));
  std::vector<std::byte> data(3 * sizeof(float));
  store_element(data.data(), dtype, 1, 1.0009766F);
  CHECK(load_element(data.data(), dtype, 0) == 0.0F);
  CHECK(load_element(data.data(), dtype, 1) == Approx(stored).epsilon(1e-7));
  CHECK(load_element(data.data(), dtype, 2) == 0.0F);
  store_element(data.data(), dtype, 2, -3.0F);
  CHECK(load_element(data.data(), dtype, 1) == Approx(stored).epsilon(1e-7));
  CHECK(load_element(data.data(), dtype, 2) == -3.0F);
}
