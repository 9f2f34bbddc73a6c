// What enters the scheduler, passed to a journal that writes it down, so that the very decisions
// can be repeated elsewhere: the scheduler reads nothing but its arguments. Each function stands
// for the call of the same arguments and is made before it; planned() is made after it, with what
// came out. Thread: the scheduler's.
#pragma once

#include <vector>

#include "src/core/request.hpp"
#include "src/core/step.hpp"

namespace octavo {

class SchedulerJournal {
 public:
  virtual ~SchedulerJournal() = default;

  virtual void submitted(const Request& request, TimePoint now) = 0;
  virtual void cancelled(RequestId request, CancelReason reason, TimePoint now,
                         std::int32_t choice) = 0;
  virtual void asked_to_preempt(RequestId request, PreemptionMode mode) = 0;
  /// plan: null when there was nothing to do.
  virtual void planned(const StepPlan* plan, TimePoint now) = 0;
  virtual void completed(const StepReceipt& receipt, const StepResult& result, TimePoint now) = 0;
  virtual void failed(StepId step, const Error& error, TimePoint now) = 0;
  virtual void transferred(const std::vector<TransferId>& finished) = 0;
  /// Not an input but what became of one, for those who show lives: a request was rejected or is
  /// over. It may come late, but not before the plan that says the same.
  virtual void ended(RequestId /*request*/, TimePoint /*now*/) {}
};

}  // namespace octavo
