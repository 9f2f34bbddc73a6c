#include "src/scheduler/beam_search.hpp"

#include <algorithm>
#include <cmath>

#include "src/core/error.hpp"

namespace octavo {

BeamSearch::BeamSearch(const SamplingParams& params, std::vector<TokenId> stops)
    : width_(static_cast<std::size_t>(params.beam_width)),
      max_tokens_(params.max_tokens),
      length_penalty_(params.length_penalty),
      early_stopping_(params.early_stopping),
      stops_(std::move(stops)),
      running_(1) {
  OCTAVO_ASSERT(width_ >= 1 && max_tokens_ >= 1);
}

std::vector<BeamSearch::Extension> BeamSearch::advance(
    std::span<const std::vector<TokenLogprob>> rows) {
  OCTAVO_ASSERT(!is_over_ && rows.size() == running_.size());
  const std::vector<Candidate> candidates = best_candidates(rows);
  ++length_;
  const bool takes_more = !(early_stopping_ == EarlyStopping::kTrue && is_full());
  for (std::size_t i = 0; i < std::min(width_, candidates.size()) && takes_more; ++i) {
    if (ends(candidates[i])) keep(candidates[i]);
  }
  std::vector<Hypothesis> next;
  std::vector<Extension> extensions;
  for (const Candidate& each : candidates) {
    if (ends(each) || next.size() == width_) continue;
    next.push_back({running_[each.parent].tokens, each.logprob});
    next.back().tokens.push_back(each.token);
    extensions.push_back({each.parent, each.token});
  }
  running_ = std::move(next);
  is_over_ = running_.empty() || length_ == max_tokens_ ||
             (is_full() && (early_stopping_ == EarlyStopping::kTrue || !can_improve()));
  if (is_over_) extensions.clear();
  return extensions;
}

std::vector<BeamSearch::Candidate> BeamSearch::best_candidates(
    std::span<const std::vector<TokenLogprob>> rows) const {
  std::vector<Candidate> candidates;
  for (std::size_t parent = 0; parent < rows.size(); ++parent) {
    for (const TokenLogprob& each : rows[parent]) {
      // What the answer's format does not allow has no probability at all.
      if (std::isfinite(each.logprob))
        candidates.push_back({parent, each.id, running_[parent].logprob + each.logprob});
    }
  }
  const auto better = [](const Candidate& a, const Candidate& b) { return a.logprob > b.logprob; };
  std::stable_sort(candidates.begin(), candidates.end(), better);
  const auto kept = static_cast<std::size_t>(
      num_beam_candidates(static_cast<std::int32_t>(width_), stops_.size()));
  if (candidates.size() > kept) candidates.resize(kept);
  return candidates;
}

bool BeamSearch::ends(const Candidate& candidate) const {
  return length_ == max_tokens_ ||
         std::find(stops_.begin(), stops_.end(), candidate.token) != stops_.end();
}

void BeamSearch::keep(const Candidate& candidate) {
  Ended ended{running_[candidate.parent].tokens, score(candidate.logprob, length_), false};
  ended.tokens.push_back(candidate.token);
  ended.by_stop_token = std::find(stops_.begin(), stops_.end(), candidate.token) != stops_.end();
  const auto worse = [&](const Ended& other) { return other.score < ended.score; };
  ended_.insert(std::find_if(ended_.begin(), ended_.end(), worse), std::move(ended));
  if (ended_.size() > width_) ended_.pop_back();
}

double BeamSearch::score(double logprob, std::int32_t length) const {
  return logprob / std::pow(static_cast<double>(length), length_penalty_);
}

bool BeamSearch::can_improve() const {
  const bool by_reach = early_stopping_ == EarlyStopping::kNever && length_penalty_ > 0.0;
  return score(running_.front().logprob, by_reach ? max_tokens_ : length_) > ended_.back().score;
}

std::size_t BeamSearch::num_common(std::size_t from) const {
  const std::vector<TokenId>& first = running_.empty() ? ended_.front().tokens : running_[0].tokens;
  std::size_t common = first.size();
  const auto limit = [&](const std::vector<TokenId>& other) {
    std::size_t same = from;
    const std::size_t end = std::min(common, other.size());
    while (same < end && other[same] == first[same]) ++same;
    common = same;
  };
  for (const Hypothesis& each : running_) limit(each.tokens);
  for (const Ended& each : ended_) limit(each.tokens);
  return common;
}

}  // namespace octavo
