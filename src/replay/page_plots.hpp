// The parts of the report's page that are drawn: each answers one <svg> element that takes its
// colours from the page's style.
#pragma once

#include <string>

#include "src/replay/report.hpp"

namespace octavo {

/// One bar an allocator: tokens, reserved, internal, external.
std::string memory_bars(const ReplayReport& report);
/// The same four over virtual time.
std::string memory_over_time(const Outcome& outcome);
/// Requests batched at once over virtual time, a line an allocator.
std::string batched_over_time(const ReplayReport& report);
/// The block pool at a busy moment: a square a block, filled as far as it holds tokens, in the
/// colour of its request.
std::string pool_picture(const Outcome& outcome, const ReplayReport& report);

/// The name that a person reads: "Orca (Max)".
std::string title_of(KvAllocator allocator);
/// The same, or its label.
std::string title_of(const Outcome& outcome);
std::string escaped(const std::string& text);

}  // namespace octavo
