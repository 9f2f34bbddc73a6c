// What the kernel tests share: backends of every instruction set, and arrays of seeded values.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "kernels/backend.hpp"

namespace octavo::kernels {

inline std::unique_ptr<Backend> backend_of(const std::string& instruction_set, int threads = 2) {
  return make_cpu_backend({.threads = threads, .instruction_set = instruction_set});
}

/// All but the reference itself.
inline std::vector<std::string> fast_instruction_sets() {
  std::vector<std::string> names = cpu_instruction_sets();
  names.erase(names.begin());
  return names;
}

inline std::vector<float> normal_values(std::int64_t count, std::uint32_t seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = normal(generator);
  return values;
}

inline HostMatrix host(const std::vector<float>& values, std::int64_t rows, std::int64_t cols) {
  return {values.data(), DType::kF32, rows, cols, false};
}

/// Samples the rows of `logits` and waits for what came of them.
inline std::vector<SampleOutput> sample_rows(Backend& backend, std::vector<float>& logits,
                                             std::span<const SampleRow> rows) {
  const auto n = static_cast<std::int64_t>(rows.size());
  backend.place({});
  backend.stage_samples(rows);
  backend.sample(logits.data(), static_cast<std::int64_t>(logits.size()) / n, n);
  std::vector<SampleOutput> outputs(rows.size());
  const StepTicket ticket = backend.submit();
  backend.wait(ticket);
  backend.results(ticket, outputs);
  return outputs;
}

/// Largest difference, relative to the root mean square of `expected`.
inline double relative_error(const std::vector<float>& actual, const std::vector<float>& expected) {
  double square = 1e-30;
  double largest = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    square += static_cast<double>(expected[i]) * expected[i];
    const double difference = std::abs(static_cast<double>(actual[i]) - expected[i]);
    if (!(difference <= largest)) largest = difference;
  }
  return largest / std::sqrt(square / static_cast<double>(expected.size()));
}

}  // namespace octavo::kernels
