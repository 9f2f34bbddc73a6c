// The engine's own numbers, put on the metrics page.
#pragma once

#include "actors/ring/engine_status.hpp"
#include "protocol/metrics.hpp"

namespace octavo {

/// block_size: tokens.
void show(const EngineStatus& status, std::int32_t block_size, Metrics& metrics);

}  // namespace octavo
