// `--trace FILE`: what the house did and when, as a file that Perfetto and chrome://tracing show:
// the engine's actors, the device's streams, and the life of every sequence.
#pragma once

#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "src/core/result.hpp"
#include "src/core/span_sink.hpp"
#include "src/scheduler/scheduler_journal.hpp"

namespace octavo {

class TraceFile final : public SpanSink, public SchedulerJournal {
 public:
  /// Errors: kIo when the file cannot be written.
  [[nodiscard]] static Result<std::unique_ptr<TraceFile>> create(const std::string& path);
  explicit TraceFile(std::ofstream file);
  /// Completes the file: what still goes on ends with it.
  ~TraceFile() override;

  void add(const Span& span) override;

  void submitted(const Request& request, TimePoint now) override;
  void cancelled(RequestId request, CancelReason, TimePoint now, std::int32_t choice) override;
  void asked_to_preempt(RequestId, PreemptionMode) override {}
  void planned(const StepPlan* plan, TimePoint now) override;
  void completed(const StepReceipt&, const StepResult&, TimePoint) override {}
  void failed(StepId step, const Error& error, TimePoint now) override;
  void transferred(const std::vector<TransferId>&) override {}
  void ended(RequestId request, TimePoint now) override;

 private:
  void write(const std::string& event);
  double microseconds(TimePoint time) const;
  void set_state(std::uint64_t id, const char* kind, const char* state, TimePoint now);
  void write_edge(const char* phase, const char* kind, std::uint64_t id, const char* state,
                  TimePoint now);

  std::mutex mutex_;
  std::ofstream file_;
  TimePoint start_;
  bool is_first_ = true;
  std::unordered_map<std::uint64_t, const char*> sequences_;  ///< What each is doing.
  std::unordered_map<std::uint64_t, const char*> requests_;   ///< That wait.
};

}  // namespace octavo
