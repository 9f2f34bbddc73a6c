// What a comparison of allocators found, for programs (JSON), for a terminal (a table) and for a
// person who would rather look (a page with plots).
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "src/replay/run/model_shape.hpp"
#include "src/replay/run/outcome.hpp"
#include "src/replay/trace/trace.hpp"
#include "src/scheduler/scheduler_config.hpp"

namespace octavo {

struct ReplayReport {
  std::string trace;
  std::int64_t num_requests = 0;
  std::int64_t num_unknown_outputs = 0;
  double input_mean = 0;  ///< Tokens.
  double output_mean = 0;
  double rate = 0;     ///< Requests per second; 0: all at once.
  double speedup = 0;  ///< By which the trace's arrivals were divided; 0: they were not used.
  std::string model;
  std::string device;
  std::int64_t kv_bytes = 0;
  std::int32_t num_blocks = 0;
  std::int32_t block_size = 0;
  std::int32_t max_model_len = 0;
  std::string sampling;    ///< "parallel:2", "beam:4" or empty.
  std::string step_times;  ///< A sentence: what the times of a recording's steps are. Else empty.
  std::vector<Outcome> outcomes;

  void describe(const Trace& trace, const ModelShape& shape, const SchedulerConfig& engine,
                std::string how_sampled);
  /// The one of that label, if any.
  const Outcome* labelled(std::string_view label) const;
  /// By paging, of the tables' blocks; 0 when paging was not replayed.
  double saved_fraction() const;
};

boost::json::object json_of(const ReplayReport& report);
std::string table_of(const ReplayReport& report);
/// A whole HTML document that needs nothing else.
std::string page_of(const ReplayReport& report);

/// "2,000 requests (input 161.3, output 338.0 tokens on average), all at once": how it was loaded.
std::string load_sentence(const ReplayReport& report);
/// "opt-13b on A100-40GB, 15,728 slots ...": what it ran on.
std::string engine_sentence(const ReplayReport& report);

}  // namespace octavo
