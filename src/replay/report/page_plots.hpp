// The pictures of the report's page, as what the template `plot.html` (src/web/report) draws:
// {width, height, label, shapes}, every number as it will be written.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "src/replay/report/report.hpp"

namespace octavo {

/// One bar an allocator: tokens, reserved, internal, external, idle.
boost::json::object memory_bars(const ReplayReport& report);
/// The same four over virtual time.
boost::json::object memory_over_time(const Outcome& outcome);
/// Requests batched at once over virtual time, a line an allocator.
boost::json::object batched_over_time(const ReplayReport& report);
/// The block pool at a busy moment: a square a block, filled as far as it holds tokens, in the
/// colour of its request. The first kMaxShownBlocks of them.
boost::json::object pool_picture(const Outcome& outcome, const ReplayReport& report);

inline constexpr std::size_t kMaxShownBlocks = 2048;

/// The name that a person reads: "Orca (Max)".
std::string title_of(KvAllocator allocator);
/// The same, or its label.
std::string title_of(const Outcome& outcome);

}  // namespace octavo
