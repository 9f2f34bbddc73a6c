// octavo bench invariance: does what a prompt gets depend on what else runs? Kernels and libraries
// choose their order of summation by the number of rows, so in 16 bits two logits that nearly tie
// may change places. Every prompt is answered alone and then beside the others, greedily.
#include "src/app/bench/bench_load.hpp"
#include "src/app/cli/commands/commands.hpp"

namespace octavo {

namespace json = boost::json;
using namespace bench;

Result<int> bench_invariance(const BenchOptions& options) {
  auto engine = make_engine(options, options.concurrency);
  if (!engine) return engine.error();
  const auto shapes = request_shapes(options);
  if (!shapes) return shapes.error();
  const std::vector<double> at_once(shapes->size(), 0.0);
  Load alone(options, *engine);  // Both draw the same prompts.
  if (auto run = alone.run(*shapes, at_once, 1); !run) return run.error();
  Load together(options, *engine);
  if (auto run = together.run(*shapes, at_once, options.concurrency); !run) return run.error();
  const std::vector<double> positions = first_differences(alone.outputs, together.outputs);
  print(
      {{"answers", shapes->size()},
       {"differ", positions.size()},
       {"differ_share",
        static_cast<double>(positions.size()) / static_cast<double>(shapes->size())},
       {"first_difference_mean", positions.empty() ? json::value() : json::value(mean(positions))},
       {"concurrency", options.concurrency},
       {"device", engine->executor->info().device}},
      options.json);
  return 0;
}

}  // namespace octavo
