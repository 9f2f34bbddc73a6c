// How a client of chat completions and completions wants its answer: whole at the end, or chunk by
// chunk, and with which counts beside the text.
#pragma once

#include "src/core/json_reader.hpp"

namespace octavo {

struct StreamOptions {
  bool is_stream = false;
  bool include_usage = false;           ///< A last chunk says what was used.
  bool continuous_usage_stats = false;  ///< Every chunk says what has been used so far.
};

/// Reads `stream` and `stream_options`; faults stay in `fields`.
StreamOptions read_stream_options(JsonReader& fields, std::vector<std::string>& unknown_fields);

}  // namespace octavo
