// A config.json from anywhere: refused with an error, or a model whose memory can be planned
// without an overflow.
#include <boost/json/parse.hpp>

#include "src/model/coverage.hpp"
#include "src/runtime/memory_plan.hpp"
#include "tests/fuzz/support.hpp"

namespace octavo::fuzz {
namespace {

void check(const DecoderSpec& spec) {
  expect(spec.architecture != nullptr, "a model without an architecture");
  expect(spec.num_heads % spec.num_kv_heads == 0, "heads that share no keys evenly");
  expect(spec.windows.size() == static_cast<std::size_t>(spec.num_layers),
         "layers without a window");
  const StepLimits limits{.max_tokens = 512, .max_logits = 64, .max_positions = 4096};
  const MemoryPlan plan =
      plan_memory(spec, kernels::DType::kBF16, kernels::DType::kBF16, 16, limits);
  expect(plan.kv_bytes_per_token > 0 && plan.weights_bytes > 0, "a model that takes no memory");
  expect(plan.weights_bytes >> 60U == 0, "a model that takes more memory than there is");
}

}  // namespace
}  // namespace octavo::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octavo;
  boost::system::error_code error;
  const boost::json::value config =
      boost::json::parse({reinterpret_cast<const char*>(data), size}, error);
  if (error || !config.is_object()) return -1;
  const auto spec = read_decoder_spec(config.get_object());
  if (spec)
    fuzz::check(*spec);
  else
    fuzz::expect(!spec.error().message().empty(), "an error without a reason");
  return 0;
}
