// Makes a trace of a recording, while it is repeated: the requests as they came, with their tokens,
// and outputs as long as they really were; and what the model's steps took.
#pragma once

#include <unordered_map>
#include <vector>

#include "src/recording/recording_replay.hpp"
#include "src/replay/run/step_fit.hpp"
#include "src/replay/trace/trace.hpp"

namespace octavo {

class RecordingTrace final : public RecordingListener {
 public:
  explicit RecordingTrace(std::int32_t block_size) : block_size_(block_size) {}

  void submitted(const RecordedSubmission& submission) override;
  void planned(const StepPlan&, TimePoint) override {}
  void executed(const StepBatch& batch, const StepResult& result, TimePoint now,
                std::int64_t num_waiting) override;
  void told(const RequestEvent& event, TimePoint now) override;

  /// In the order of the submissions. A request without output, rejected or cancelled early, gets
  /// one token, as in other traces.
  Trace trace(const std::string& name) const;
  StepFit fit() const;

 private:
  struct Seen {
    double arrival_s = 0;
    Request request;
    std::vector<std::int32_t> num_outputs;  ///< [choice]
    std::vector<TokenId> completion;        ///< The first choice's.
  };

  std::int32_t block_size_;
  std::vector<Seen> seen_;
  std::unordered_map<RequestId, std::size_t> index_of_;  ///< The latest of that id.
  TimePoint origin_;
  std::vector<MeasuredStep> steps_;
  double transfer_s_ = 0;
  std::int64_t num_tokens_moved_ = 0;
};

}  // namespace octavo
