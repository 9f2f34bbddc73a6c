// Sizes as people write them: 4GiB, 512MB, 65536.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/core/result.hpp"

namespace octavo {

/// "<number>[K|M|G|T][i][B]": powers of 1024 with `i` or without a `B`, else of 1000. Errors:
/// kInvalidValue.
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);

/// "1.50 GiB"
std::string format_bytes(std::uint64_t bytes);

}  // namespace octavo
