// Which hypotheses live on, which have ended, and when the search is over: the decisions of beam
// search, without tokens' keys and values, blocks or time. Each step extends every running
// hypothesis by its candidates, best first; the best that do not end run on; ended ones are kept by
// their score, log-probability / length^length_penalty. The procedure is that of Hugging Face
// transformers 5 (generate with num_beams), so that results can be compared.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "src/core/step.hpp"

namespace octavo {

class BeamSearch {
 public:
  /// One running hypothesis that follows `parent` (its index among those before) with `token`.
  struct Extension {
    std::size_t parent = 0;
    TokenId token = 0;
  };
  /// One that has ended: its completion, the token that ended it included.
  struct Ended {
    std::vector<TokenId> tokens;
    double score = 0.0;
    bool by_stop_token = false;
  };

  /// params: beam_width, max_tokens, length_penalty and early_stopping. stops: what ends a
  /// hypothesis.
  BeamSearch(const SamplingParams& params, std::vector<TokenId> stops);

  /// rows[i]: candidates of running hypothesis i, best first, as log-probabilities; one of -inf is
  /// none. Answers the hypotheses that run on, best first; none when the search is over.
  std::vector<Extension> advance(std::span<const std::vector<TokenLogprob>> rows);

  bool is_over() const { return is_over_; }
  std::size_t num_running() const { return running_.size(); }
  /// Completion of running hypothesis i.
  const std::vector<TokenId>& running(std::size_t i) const { return running_[i].tokens; }
  /// Best first, at most beam_width.
  const std::vector<Ended>& ended() const { return ended_; }
  /// How many tokens, from the first, all hypotheses that could still be answered have in common.
  /// `from`: known to be common.
  std::size_t num_common(std::size_t from) const;

 private:
  struct Hypothesis {
    std::vector<TokenId> tokens;
    double logprob = 0.0;
  };
  struct Candidate {
    std::size_t parent = 0;
    TokenId token = 0;
    double logprob = 0.0;
  };

  std::vector<Candidate> best_candidates(std::span<const std::vector<TokenLogprob>> rows) const;
  bool ends(const Candidate& candidate) const;
  void keep(const Candidate& candidate);
  double score(double logprob, std::int32_t length) const;
  bool can_improve() const;
  bool is_full() const { return ended_.size() == width_; }

  std::size_t width_;
  std::int32_t max_tokens_;
  double length_penalty_;
  EarlyStopping early_stopping_;
  std::vector<TokenId> stops_;
  std::vector<Hypothesis> running_;
  std::vector<Ended> ended_;
  std::int32_t length_ = 0;  ///< Tokens of each running hypothesis.
  bool is_over_ = false;
};

}  // namespace octavo
