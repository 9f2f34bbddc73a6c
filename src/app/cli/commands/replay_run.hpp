// What replays of traces and of recordings share: flags as values, the runs themselves, and how
// they are told.
#pragma once

#include <string>
#include <vector>

#include "src/app/cli/flags/replay_flags.hpp"
#include "src/core/result.hpp"
#include "src/replay/report/report.hpp"
#include "src/replay/run/replayer.hpp"

namespace octavo {

Error invalid_flag(const std::string& flag, const std::string& why);

/// How many blocks of `block_bytes` a size is, as 4GiB. Errors: kInvalidValue, naming the flag, for
/// more than there can be.
[[nodiscard]] Result<std::int32_t> blocks_in(const std::string& size, std::int64_t block_bytes,
                                             const std::string& flag);

/// What --sampling says. Errors: kInvalidValue.
[[nodiscard]] Result<SamplingParams> sampling_of(const std::string& text);

/// Those named, each once; or `otherwise`.
[[nodiscard]] Result<std::vector<KvAllocator>> allocators_of(
    const ReplayOptions& options, const std::vector<KvAllocator>& otherwise);

/// One replay for each allocator, on two threads: they share nothing but the trace.
[[nodiscard]] Result<std::vector<Outcome>> replay_all(const Trace& trace, const CostModel& cost,
                                                      const ReplayConfig& config,
                                                      const std::vector<KvAllocator>& allocators);

/// Prints the table or the JSON, and writes the page. Errors: kIo.
[[nodiscard]] Result<int> tell(const ReplayReport& report, const ReplayOptions& options);

}  // namespace octavo
