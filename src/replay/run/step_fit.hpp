// How long a step takes on a device that no one has described: fitted to steps that were measured,
// as so much for itself, for each of its tokens, and for each token of the contexts that it reads.
#pragma once

#include <cstdint>
#include <vector>

namespace octavo {

struct MeasuredStep {
  double num_tokens = 0;
  double num_kv_tokens = 0;  ///< Contexts, the step's own tokens included.
  double seconds = 0;
};

struct StepFit {
  double base_s = 0;
  double token_s = 0;
  double kv_token_s = 0;
  double moved_token_s = 0;  ///< Moving a token's keys and values between the tiers.
  double error = 0;          ///< Mean of |fitted - measured| / measured.
  std::int64_t num_steps = 0;

  double step_seconds(double num_tokens, double num_kv_tokens) const {
    return base_s + token_s * num_tokens + kv_token_s * num_kv_tokens;
  }
};

/// The least squares with no negative part, each step weighted by the inverse of its tokens: noise
/// grows with them, and so the fitted times together are the measured ones. All zero without steps.
StepFit fit_steps(const std::vector<MeasuredStep>& steps);

}  // namespace octavo
