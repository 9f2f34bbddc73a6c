// The small JSON files beside a checkpoint (config, generation config, index), read whole.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>

#include "src/core/result.hpp"

namespace octavo {

/// Errors: kIo when the file cannot be read; kInvalidFile when it is longer than 64 MiB or is not
/// one JSON object.
[[nodiscard]] Result<boost::json::object> read_json_file(const std::filesystem::path& path);

}  // namespace octavo
