// What all metrics of one engine have in common: the first part of their names, and the labels that
// dashboards select by.
#pragma once

#include <prometheus/client_metric.h>

#include <string>
#include <string_view>
#include <vector>

namespace octavo {

struct MetricScope {
  std::string prefix;      ///< Without colon, for instance "octavo".
  std::string model_name;  ///< As it is served.

  /// "octavo:num_requests_running", as vLLM forms its own.
  std::string name(std::string_view of) const { return prefix + ":" + std::string(of); }
  /// `engine` numbers the engines behind one page, from 0; there is one.
  std::vector<prometheus::ClientMetric::Label> labels() const {
    return {{"engine", "0"}, {"model_name", model_name}};
  }
};

}  // namespace octavo
