// API keys are kept and compared as hashes, so that neither a file of keys nor the server's memory
// gives one away, and a comparison takes as long for a wrong key as for a right one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace octavo {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256_of(std::string_view bytes);
/// 64 digits, upper case or lower. Nothing for any other text.
std::optional<Sha256> sha256_in(std::string_view hex);
/// In a time that does not depend on where they differ.
bool is_equal(const Sha256& a, const Sha256& b);

}  // namespace octavo
