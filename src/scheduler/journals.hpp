// Two who listen to the scheduler, as one.
#pragma once

#include "src/scheduler/scheduler_journal.hpp"

namespace octavo {

class Journals final : public SchedulerJournal {
 public:
  /// Both outlive this.
  Journals(SchedulerJournal& first, SchedulerJournal& second) : both_{&first, &second} {}

  void submitted(const Request& request, TimePoint now) override {
    for (SchedulerJournal* each : both_) each->submitted(request, now);
  }
  void cancelled(RequestId request, CancelReason reason, TimePoint now,
                 std::int32_t choice) override {
    for (SchedulerJournal* each : both_) each->cancelled(request, reason, now, choice);
  }
  void asked_to_preempt(RequestId request, PreemptionMode mode) override {
    for (SchedulerJournal* each : both_) each->asked_to_preempt(request, mode);
  }
  void planned(const StepPlan* plan, TimePoint now) override {
    for (SchedulerJournal* each : both_) each->planned(plan, now);
  }
  void completed(const StepReceipt& receipt, const StepResult& result, TimePoint now) override {
    for (SchedulerJournal* each : both_) each->completed(receipt, result, now);
  }
  void failed(StepId step, const Error& error, TimePoint now) override {
    for (SchedulerJournal* each : both_) each->failed(step, error, now);
  }
  void transferred(const std::vector<TransferId>& finished) override {
    for (SchedulerJournal* each : both_) each->transferred(finished);
  }
  void ended(RequestId request, TimePoint now) override {
    for (SchedulerJournal* each : both_) each->ended(request, now);
  }

 private:
  SchedulerJournal* both_[2];
};

}  // namespace octavo
