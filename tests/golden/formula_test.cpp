#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <cstdlib>

#include "src/runtime/load_executor.hpp"
#include "tests/golden/formula_checkpoint.hpp"
#include "tests/golden/golden_folder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/step_driver.hpp"
#include "tests/support/test_device.hpp"

using namespace octavo;
using namespace octavo::testing;

namespace {

constexpr std::size_t kRows = 9;
constexpr std::size_t kColumns = 256;
constexpr double kTolerance = 1e-3;

struct FormulaPrompt {
  std::vector<TokenId> prompt_ids;
  std::vector<TokenId> greedy_ids;
  double bf16_max_error = 0.0;
  double bf16_rms_error = 0.0;
  std::vector<float> first_logits;  ///< [9, 256]
  std::vector<float> logsumexp;     ///< [9]
};

std::vector<FormulaPrompt> read_prompts(const std::filesystem::path& folder,
                                        const boost::json::object& golden) {
  std::vector<FormulaPrompt> prompts;
  for (const auto& value : golden.at("prompts").as_array()) {
    const auto& object = value.as_object();
    const auto tensors = folder / "golden.safetensors";
    const auto index = prompts.size();
    prompts.push_back(
        {to_ids(object.at("prompt_ids")), to_ids(object.at("greedy_ids")),
         object.at("bf16_max_abs_err").as_double(), object.at("bf16_rms_err").as_double(),
         read_floats(tensors, index, "first256_logits"), read_floats(tensors, index, "logsumexp")});
  }
  return prompts;
}

struct Errors {
  double largest = 0.0;
  double root_mean_square = 0.0;
};

Errors compare_rows(const std::vector<std::vector<float>>& logits, const FormulaPrompt& golden) {
  Errors errors;
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      const double error =
          std::abs(static_cast<double>(logits[row][i]) - golden.first_logits[row * kColumns + i]);
      errors.largest = std::max(errors.largest, error);
      errors.root_mean_square += error * error;
    }
  }
  errors.root_mean_square = std::sqrt(errors.root_mean_square / (kRows * kColumns));
  return errors;
}

double log_sum_exp(const std::vector<float>& row) {
  const double largest = *std::max_element(row.begin(), row.end());
  double sum = 0.0;
  for (const float logit : row) sum += std::exp(logit - largest);
  return largest + std::log(sum);
}

std::unique_ptr<ModelExecutor> load(const std::filesystem::path& path, kernels::DType dtype,
                                    std::vector<std::vector<float>>& logits) {
  ExecutorOptions options;
  use_test_device(options);
  options.path = path;
  options.dtype = dtype;
  options.num_blocks = 48;
  options.max_num_batched_tokens = 640;
  options.max_num_seqs = 4;
  options.on_logits = [&logits](std::span<const float> rows) {
    logits.emplace_back(rows.begin(), rows.end());
  };
  auto executor = load_executor(options);
  if (!executor) FAIL(executor.error().message());
  return std::move(*executor);
}

void check_float32(ModelExecutor& executor, std::vector<std::vector<float>>& logits,
                   const FormulaPrompt& golden) {
  logits.clear();
  const auto got = generate(executor, {golden.prompt_ids}, greedy(), golden.greedy_ids.size())[0];
  CHECK(got.tokens == golden.greedy_ids);
  const auto errors = compare_rows(logits, golden);
  const auto largest = *std::max_element(golden.first_logits.begin(), golden.first_logits.end());
  UNSCOPED_INFO("largest error " << errors.largest);
  CHECK(errors.largest < kTolerance * largest);
  for (std::size_t row = 0; row < kRows; ++row) {
    CHECK(std::abs(log_sum_exp(logits[row]) - golden.logsumexp[row]) < kTolerance);
  }
}

/// Along the reference's tokens, so that one flipped choice does not change what is compared.
void check_bfloat16(ModelExecutor& executor, std::vector<std::vector<float>>& logits,
                    const FormulaPrompt& golden) {
  logits.clear();
  StepDriver driver(executor);
  auto tokens = golden.prompt_ids;
  const auto id = driver.add(tokens, greedy());
  for (std::size_t row = 0; row < kRows; ++row) {
    REQUIRE(driver.step().has_value());
    tokens.push_back(golden.greedy_ids[row]);
    driver.force(id, tokens);
  }
  driver.release(id);
  const auto errors = compare_rows(logits, golden);
  INFO("prompt of " << golden.prompt_ids.size() << ": largest error " << errors.largest
                    << ", the reference's " << golden.bf16_max_error << "; root mean square "
                    << errors.root_mean_square << ", the reference's " << golden.bf16_rms_error);
  CHECK(errors.largest < 1.5 * golden.bf16_max_error);
  CHECK(errors.root_mean_square < 1.5 * golden.bf16_rms_error);
}

}  // namespace

TEST_CASE("models of real widths agree with the reference in float32 and bfloat16") {
  std::size_t num_folders = 0;
  for (const auto& root : golden_roots()) {
    for (const auto& entry : std::filesystem::directory_iterator(root)) {
      const auto& folder = entry.path();
      if (!folder.filename().string().starts_with("formula-")) continue;
      ++num_folders;
      INFO(folder);
      const auto golden = read_object(folder / "golden.json");
      const auto prompts = read_prompts(folder, golden);
      const FormulaCheckpoint checkpoint(folder / "config.json", golden);
      std::vector<std::vector<float>> logits;
      auto executor = load(checkpoint.path(), kernels::DType::kF32, logits);
      for (const auto& prompt : prompts) check_float32(*executor, logits, prompt);
      executor = load(checkpoint.path(), kernels::DType::kBF16, logits);
      for (const auto& prompt : prompts) check_bfloat16(*executor, logits, prompt);
    }
  }
  REQUIRE(num_folders > 0);
}
