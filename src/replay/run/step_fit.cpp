#include "src/replay/run/step_fit.hpp"

#include <array>
#include <cmath>
#include <optional>
#include <utility>

namespace octavo {
namespace {

constexpr std::size_t kNumParts = 3;
using Parts = std::array<double, kNumParts>;

/// The normal equations: sums over all steps.
struct Sums {
  std::array<Parts, kNumParts> products{};
  Parts targets{};
  double square = 0;
};

Sums sums_of(const std::vector<MeasuredStep>& steps) {
  Sums sums;
  for (const MeasuredStep& step : steps) {
    const Parts row{1, step.num_tokens, step.num_kv_tokens};
    const double weight = 1 / step.num_tokens;
    for (std::size_t i = 0; i < kNumParts; ++i) {
      for (std::size_t j = 0; j < kNumParts; ++j) sums.products[i][j] += weight * row[i] * row[j];
      sums.targets[i] += weight * row[i] * step.seconds;
    }
    sums.square += weight * step.seconds * step.seconds;
  }
  return sums;
}

/// Gauss and Jordan, of the parts in `mask`; nothing when they cannot be separated.
std::optional<Parts> solve(const Sums& sums, unsigned mask) {
  std::array<std::array<double, kNumParts + 1>, kNumParts> rows{};
  for (std::size_t i = 0; i < kNumParts; ++i) {
    const bool is_in = (mask >> i & 1) != 0;
    for (std::size_t j = 0; j < kNumParts; ++j)
      rows[i][j] = is_in && (mask >> j & 1) != 0 ? sums.products[i][j] : 0;
    rows[i][kNumParts] = is_in ? sums.targets[i] : 0;
    if (!is_in) rows[i][i] = 1;
  }
  for (std::size_t i = 0; i < kNumParts; ++i) {
    const double scale = (mask >> i & 1) != 0 ? sums.products[i][i] : 1;
    if (!(rows[i][i] > 1e-9 * scale)) return std::nullopt;  // Positive definite: no need to pivot.
    for (std::size_t k = 0; k < kNumParts; ++k) {
      if (k == i) continue;
      const double factor = rows[k][i] / rows[i][i];
      for (std::size_t j = 0; j <= kNumParts; ++j) rows[k][j] -= factor * rows[i][j];
    }
  }
  Parts parts{};
  for (std::size_t i = 0; i < kNumParts; ++i) parts[i] = rows[i][kNumParts] / rows[i][i];
  return parts;
}

double squared_error(const Sums& sums, const Parts& parts) {
  double error = sums.square;
  for (std::size_t i = 0; i < kNumParts; ++i) {
    error -= 2 * parts[i] * sums.targets[i];
    for (std::size_t j = 0; j < kNumParts; ++j) error += parts[i] * parts[j] * sums.products[i][j];
  }
  return error;
}

}  // namespace

StepFit fit_steps(const std::vector<MeasuredStep>& measured) {
  std::vector<MeasuredStep> steps;
  for (const MeasuredStep& step : measured) {
    if (step.seconds > 0 && step.num_tokens > 0) steps.push_back(step);
  }
  StepFit fit;
  if (steps.empty()) return fit;
  const Sums sums = sums_of(steps);
  double least = 0;
  Parts best{};
  bool is_found = false;
  for (unsigned mask = 1; mask < 1U << kNumParts; ++mask) {
    const auto parts = solve(sums, mask);
    if (!parts || (*parts)[0] < 0 || (*parts)[1] < 0 || (*parts)[2] < 0) continue;
    const double error = squared_error(sums, *parts);
    if (is_found && error >= least) continue;
    is_found = true;
    least = error;
    best = *parts;
  }
  fit.base_s = best[0];
  fit.token_s = best[1];
  fit.kv_token_s = best[2];
  fit.num_steps = static_cast<std::int64_t>(steps.size());
  for (const MeasuredStep& step : steps) {
    fit.error += std::fabs(fit.step_seconds(step.num_tokens, step.num_kv_tokens) - step.seconds) /
                 step.seconds / static_cast<double>(steps.size());
  }
  return fit;
}

}  // namespace octavo
