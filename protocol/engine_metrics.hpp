// The engine's numbers on the metrics page. Each is named once, in one row of a table: its name,
// its help text, its type, its labels and where its value comes from.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "protocol/metric_scope.hpp"
#include "src/core/engine_status.hpp"

namespace octavo {

/// The families of all rows with the values that `status` has now.
std::vector<prometheus::MetricFamily> engine_metrics(const MetricScope& scope,
                                                     const EngineStatus& status);

}  // namespace octavo
