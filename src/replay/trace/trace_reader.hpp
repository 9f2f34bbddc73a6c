// Request traces come in as many formats as there are publishers; this reads those in use, told
// apart by their content, plain or gzip:
//
//   CSV or TSV with a header (or a `# columns:` comment) that names an input column and, where
//   known, an arrival and an output column: the Azure LLM traces, BurstGPT, lists of lengths; JSON
//   lines of {"timestamp" ms, "input_length", "output_length", "hash_ids"}, 512 prompt tokens a
//   hash (Mooncake), or {"ts" ms, "il", "ol", "bh"}, 1024 a hash (RTP-LLM);
//   one JSON object with lists of lengths: {"prompt_len": [...], "output_len": [...]}.
//
// A row that says 0 or nothing of its output gets an output of 1 token.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/core/result.hpp"
#include "src/replay/trace/trace.hpp"

namespace octavo {

/// Reads a file, or makes a mix: "synthetic:sharegpt", "synthetic:alpaca", both with ":NUM" for
/// that many requests drawn with `seed`. Errors: kIo; kInvalidFile and kInvalidValue with file and
/// line.
[[nodiscard]] Result<Trace> read_trace(const std::string& path, std::uint64_t seed);

/// The same of a text in memory; `name` stands for the file in errors.
[[nodiscard]] Result<Trace> parse_trace(std::string_view text, const std::string& name);

}  // namespace octavo
