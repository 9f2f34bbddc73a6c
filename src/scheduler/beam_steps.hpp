// Carries out what a beam search decides: hypotheses go on, fork or are dropped, as sequences that
// share blocks, and the client gets what is certain.
#pragma once

#include <vector>

#include "src/scheduler/requests.hpp"

namespace octavo {

class BeamSteps {
 public:
  /// All outlive this.
  BeamSteps(Requests& requests, StepBuilder& builder, std::vector<RequestEvent>& events)
      : requests_(requests), builder_(builder), events_(events) {}

  /// rows[i]: the candidates of hypothesis i of the group, best first.
  void advance(SequenceGroup& group, const std::vector<std::vector<TokenLogprob>>& rows,
               TimePoint now);

 private:
  void extend(SequenceGroup& group, const std::vector<BeamSearch::Extension>& extensions);
  std::unique_ptr<Sequence> fork(Sequence& parent, SequenceGroup& group);
  void announce_settled(SequenceGroup& group);
  void finish(SequenceGroup& group, TimePoint now);

  Requests& requests_;
  StepBuilder& builder_;
  std::vector<RequestEvent>& events_;
};

}  // namespace octavo
