#include "src/runtime/run_plan.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/llama3_8b.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

constexpr std::size_t kGiB = std::size_t{1} << 30;
constexpr std::size_t kBlockBytes = 2 << 20;  // 16 tokens of bfloat16

kernels::CudaDevice gpu_of(std::size_t bytes) {
  return {.ordinal = 0, .name = "a GPU", .memory = {.total_bytes = bytes, .free_bytes = bytes}};
}

RunPlan plan(const ExecutorOptions& options, std::size_t gpu_bytes = 80 * kGiB) {
  return plan_run_on(gpu_of(gpu_bytes), options, llama3_8b(), kernels::DType::kBF16);
}

/// What the cache takes beside everything else that is planned.
std::size_t planned_bytes(const RunPlan& plan) {
  return plan.memory.weights_bytes + plan.memory.activation_bytes +
         static_cast<std::size_t>(plan.num_blocks) * plan.memory.kv_bytes_per_block;
}

}  // namespace

TEST_CASE("on a GPU the cache gets what weights and activations leave of the share asked for") {
  for (const double share : {0.5, 0.9}) {
    ExecutorOptions options;
    options.gpu_memory_utilization = share;
    const RunPlan planned = plan(options);
    CHECK(planned.dtype == kernels::DType::kBF16);
    CHECK(planned.memory.kv_bytes_per_block == kBlockBytes);
    const auto most = static_cast<std::size_t>(80.0 * share * static_cast<double>(kGiB));
    CHECK(planned_bytes(planned) <= most - kGiB / 4);  // the runtime's own needs stay free
    CHECK(planned_bytes(planned) + kGiB >= most);
    CHECK(check_fits(planned).has_value());
  }
}

TEST_CASE("8-bit keys and values leave room for nearly twice the tokens, 8-bit weights for more") {
  ExecutorOptions options;
  const std::int64_t blocks = plan(options).num_blocks;
  options.kv_dtype = kernels::DType::kF8;
  const std::int64_t narrow = plan(options).num_blocks;
  CHECK(narrow > blocks * 19 / 10);
  CHECK(narrow < blocks * 2);
  options.kv_dtype.reset();
  options.quantizes_weights = true;
  const std::int64_t spared = plan(options).num_blocks - blocks;
  CHECK(spared * kBlockBytes > 6 * kGiB);
  CHECK(spared * kBlockBytes < 8 * kGiB);
}

TEST_CASE("a model too large for a GPU is refused before anything is taken") {
  const auto refused = check_fits(plan({}, 12 * kGiB));
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::kOutOfMemory);
  CHECK(refused.error().detail.find("the GPU has 12") != std::string::npos);
}

TEST_CASE("on a GPU, 16-bit activations go with keys and values of their type, or of 8 bits") {
  ExecutorOptions options;
  CHECK(check_types(plan(options)).has_value());
  for (const auto kv_dtype : {kernels::DType::kF32, kernels::DType::kF16}) {
    options.kv_dtype = kv_dtype;
    options.dtype.reset();
    const auto refused = check_types(plan(options));
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == Errc::kInvalidValue);
    CHECK(refused.error().param == "kv_cache_dtype");
    options.dtype = kernels::DType::kF32;
    CHECK(check_types(plan(options)).has_value());
  }
  options.dtype.reset();
  options.kv_dtype = kernels::DType::kF8;
  CHECK(check_types(plan(options)).has_value());
}

TEST_CASE("once a model is loaded, the pool grows into what is really free") {
  const ExecutorOptions options;
  RunPlan planned = plan(options);
  const std::int64_t before = planned.num_blocks;
  const std::size_t used = planned.memory.weights_bytes;  // activations were planned too large
  REQUIRE(fit_blocks(options, {.total_bytes = 80 * kGiB, .free_bytes = 80 * kGiB - used}, planned));
  CHECK(planned.num_blocks > before);
  const auto activations = static_cast<std::int64_t>(planned.memory.activation_bytes / kBlockBytes);
  CHECK(planned.num_blocks <= before + activations + 1);

  ExecutorOptions fixed;
  fixed.num_blocks = 100;
  planned = plan(fixed);
  REQUIRE(fit_blocks(fixed, {.total_bytes = 80 * kGiB, .free_bytes = 60 * kGiB}, planned));
  CHECK(planned.num_blocks == 100);
}

TEST_CASE("a GPU that others have filled is refused, with what is taken") {
  const ExecutorOptions options;
  RunPlan planned = plan(options);
  const auto fitted =
      fit_blocks(options, {.total_bytes = 80 * kGiB, .free_bytes = 8 * kGiB}, planned);
  REQUIRE_FALSE(fitted.has_value());
  CHECK(fitted.error().code == Errc::kOutOfMemory);
  CHECK(fitted.error().param == "gpu_memory_utilization");
  CHECK(fitted.error().detail.find("72 GiB of the GPU's 80 GiB are taken") == 0);
}

TEST_CASE("without a GPU the plan is the CPU's") {
  const RunPlan planned =
      plan_run_on(std::nullopt, ExecutorOptions{}, llama3_8b(), kernels::DType::kBF16);
  CHECK_FALSE(planned.gpu);
  CHECK(planned.limits.max_tokens < plan({}).limits.max_tokens);
}
