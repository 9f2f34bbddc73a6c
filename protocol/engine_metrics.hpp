// The engine's numbers on the metrics page. Each is named once, in one row of a table: its name,
// its help text, its type, its labels and where its value comes from.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "src/core/engine_status.hpp"

namespace octavo {

/// The families of all rows with the values that `status` has now, as names "prefix:name" with the
/// label `model_name`.
std::vector<prometheus::MetricFamily> engine_metrics(const std::string& prefix,
                                                     const std::string& model_name,
                                                     const EngineStatus& status);

}  // namespace octavo
