#include "src/replay/run/step_fit.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("what steps cost is found again") {
  std::vector<MeasuredStep> steps;
  for (int tokens = 1; tokens <= 40; ++tokens) {
    for (int kv = tokens; kv < 2000; kv += 333)
      steps.push_back({1.0 * tokens, 1.0 * kv, 2e-3 + 3e-4 * tokens + 1e-6 * kv});
  }
  const StepFit fit = fit_steps(steps);
  CHECK(fit.base_s == Approx(2e-3));
  CHECK(fit.token_s == Approx(3e-4));
  CHECK(fit.kv_token_s == Approx(1e-6));
  CHECK(fit.error < 1e-6);
  CHECK(fit.num_steps == static_cast<std::int64_t>(steps.size()));
}

TEST_CASE("no part of the fit is negative, and the times together are the measured ones") {
  std::vector<MeasuredStep> steps;
  double measured = 0;
  for (int i = 0; i < 400; ++i) {
    const double tokens = 1 + i % 17;
    const double noise = i % 10 == 0 ? 5e-3 : 0;  // Somebody else had the machine.
    steps.push_back({tokens, 10 * tokens + 5000, 1e-3 * tokens + noise - 1e-7 * (i % 7)});
    measured += steps.back().seconds;
  }
  const StepFit fit = fit_steps(steps);
  CHECK(fit.base_s >= 0);
  CHECK(fit.token_s >= 0);
  CHECK(fit.kv_token_s >= 0);
  double fitted = 0;
  for (const MeasuredStep& step : steps)
    fitted += fit.step_seconds(step.num_tokens, step.num_kv_tokens);
  CHECK(fitted == Approx(measured).epsilon(0.01));
}

TEST_CASE("few steps give what they can") {
  CHECK(fit_steps({}).num_steps == 0);
  CHECK(fit_steps({{0, 0, 0}}).num_steps == 0);
  const StepFit one = fit_steps({{4, 100, 0.02}});
  CHECK(one.step_seconds(4, 100) == Approx(0.02));
  const StepFit same = fit_steps({{1, 10, 0.01}, {1, 10, 0.03}});
  CHECK(same.step_seconds(1, 10) == Approx(0.02));
}
