#include "src/core/keyed_hash.hpp"

#include <bit>
#include <cstddef>
#include <string>

namespace octavo {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void absorb(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

// Little-endian, at most eight bytes.
std::uint64_t word_of(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return word;
}

}  // namespace

std::uint64_t keyed_hash(const HashKey& key, std::string_view bytes) {
  State state{key.low ^ 0x736F6D6570736575ULL, key.high ^ 0x646F72616E646F6DULL,
              key.low ^ 0x6C7967656E657261ULL, key.high ^ 0x7465646279746573ULL};
  const std::uint64_t length = std::uint64_t{bytes.size()} << 56;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) state.absorb(word_of(bytes.substr(0, 8)));
  state.absorb(word_of(bytes) | length);
  state.v2 ^= 0xFF;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

std::uint64_t tenant_of(const HashKey& key, std::string_view api_key) {
  return api_key.empty() ? 0 : keyed_hash(key, api_key);
}

std::uint64_t cache_namespace_of(const HashKey& key, std::uint64_t tenant,
                                 std::string_view cache_salt) {
  if (cache_salt.empty()) return tenant;
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(tenant >> (8 * i) & 0xFF));
  return keyed_hash(key, bytes.append(cache_salt));
}

}  // namespace octavo
