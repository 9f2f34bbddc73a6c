// A file's bytes, unpacked when it is gzip.
#pragma once

#include <string>

#include "src/core/result.hpp"

namespace octavo {

/// Errors: kIo when it cannot be read; kInvalidFile when the gzip data is damaged or cut off, or
/// the whole is larger than a GiB.
[[nodiscard]] Result<std::string> read_maybe_gzip(const std::string& path);

}  // namespace octavo
