// How long a step would take on the device, from what it must read and multiply (the roofline
// model), so that time passes in a replay without weights or a device.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "src/core/step.hpp"
#include "src/replay/run/model_shape.hpp"
#include "src/replay/run/step_fit.hpp"
#include "src/replay/trace/trace.hpp"

namespace octavo {

class CostModel {
 public:
  explicit CostModel(ModelShape shape) : shape_(std::move(shape)) {}
  /// By what steps have taken instead.
  CostModel(ModelShape shape, const StepFit& fit) : shape_(std::move(shape)), fit_(fit) {}

  /// Weights once, every sequence's keys and values once, or all products, whichever takes longer;
  /// and the overhead of the layers' kernels.
  std::chrono::nanoseconds step_time(const StepBatch& batch) const;
  /// Moving that many blocks between the tiers, one way.
  std::chrono::nanoseconds transfer_time(std::int64_t num_tokens) const;

  /// Requests per second above which a paged memory of `num_slots` tokens is the bound: the work of
  /// a mean request, when as many run as fit.
  double saturating_rate(const Trace& trace, std::int64_t num_slots,
                         std::int32_t max_num_seqs) const;

  const ModelShape& shape() const { return shape_; }

 private:
  double step_seconds(double num_tokens, double num_kv_tokens, double num_attended) const;

  ModelShape shape_;
  std::optional<StepFit> fit_;
};

}  // namespace octavo
