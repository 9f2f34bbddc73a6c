#include "src/runtime/sequence_state.hpp"

#include <algorithm>

namespace octavo {
namespace {

// The step after the one that sampled is planned already and cannot compute more than one position,
// so a single token is as far with it as without being forced.
constexpr std::size_t kFewestForced = 2;

Error bad_sequence(SequenceId id, const std::string& what) {
  return Error{Errc::kEngineError, "sequence " + std::to_string(id.value) + " " + what, ""};
}

/// Why the sequence cannot be computed, though the batch is sound; nothing if it can.
std::optional<Error> fault_of(const SequenceStart& start, std::int64_t vocab_size) {
  for (const TokenId token : start.tokens) {
    if (token >= 0 && token < vocab_size) continue;
    return Error{Errc::kInvalidValue,
                 "token " + std::to_string(token) + " is outside the model's vocabulary of " +
                     std::to_string(vocab_size),
                 "input"};
  }
  if (auto valid = validate(start.sampling, static_cast<std::int32_t>(vocab_size)); !valid)
    return valid.error();
  return std::nullopt;
}

/// Sampling that any model can do and that ends as the scheduler expects.
SamplingParams harmless(const SamplingParams& asked) {
  SamplingParams sampling;
  sampling.temperature = 0.0;
  sampling.max_tokens = asked.max_tokens;
  sampling.n = asked.n;
  sampling.seed = asked.seed;
  sampling.beam_width = asked.beam_width;
  sampling.ignore_eos = true;
  sampling.num_prompt_logprobs = asked.num_prompt_logprobs;
  return sampling;
}

}  // namespace

bool ConstrainedPlace::accept(std::span<const TokenId> completion) {
  for (; num_accepted_ < completion.size(); ++num_accepted_) {
    is_filled_ = false;
    if (!matcher_->accept(completion[num_accepted_])) return false;
  }
  return true;
}

bool ConstrainedPlace::advance(std::span<const TokenId> completion) {
  if (!accept(completion)) return false;
  if (!is_filled_) matcher_->fill(allowed_);
  is_filled_ = true;
  return true;
}

kernels::SampleRow SequenceState::sample_row() const {
  const auto num_completion = static_cast<std::int64_t>(tokens.size()) - num_prompt_tokens;
  kernels::SampleRow row;
  row.temperature = sampling.is_greedy() ? 0.0F : static_cast<float>(sampling.temperature);
  row.top_k = sampling.top_k;
  row.top_p = static_cast<float>(sampling.top_p);
  row.min_p = static_cast<float>(sampling.min_p);
  row.repetition_penalty = static_cast<float>(sampling.repetition_penalty);
  row.presence_penalty = static_cast<float>(sampling.presence_penalty);
  row.frequency_penalty = static_cast<float>(sampling.frequency_penalty);
  row.seed = sampling.seed.value_or(0);
  row.position = tokens.size();
  row.tokens = tokens;
  row.num_prompt_tokens = num_prompt_tokens;
  row.logit_bias = sampling.logit_bias;
  if (num_completion < sampling.min_tokens) row.forbidden = stop_ids;
  row.allowed = place.allowed();
  row.num_logprobs = sampling.is_beam_search()
                         ? num_beam_candidates(sampling.beam_width, stop_ids.size())
                         : sampling.num_logprobs;
  row.has_top_of_allowed = sampling.is_beam_search() && !row.allowed.empty();
  return row;
}

kernels::SampleRow SequenceState::prompt_row(std::int32_t position) const {
  kernels::SampleRow row;
  row.temperature = 0.0F;
  row.given = tokens[static_cast<std::size_t>(position)];
  row.num_logprobs = sampling.num_prompt_logprobs;
  return row;
}

Result<void> SequenceTable::start(const SequenceStart& start, std::vector<FailedSequence>& failed) {
  if (start.tokens.empty()) return bad_sequence(start.id, "starts without a token");
  if (start.num_prompt_tokens < 0 ||
      static_cast<std::size_t>(start.num_prompt_tokens) > start.tokens.size()) {
    return bad_sequence(start.id, "starts with a prompt longer than its tokens");
  }
  SequenceState state;
  state.tokens = start.tokens;
  state.num_prompt_tokens = start.num_prompt_tokens;
  state.sampling = start.sampling;
  state.stop_ids = start.sampling.stop_token_ids;
  if (start.sampling.constraint) state.place = ConstrainedPlace(*start.sampling.constraint);
  if (auto fault = fault_of(start, vocab_size_)) {
    failed.push_back({start.id, std::move(*fault)});
    state.tokens.assign(start.tokens.size(), 0);
    state.sampling = harmless(start.sampling);
    state.place = {};
    state.stop_ids.clear();
  }
  if (!start.sampling.ignore_eos) {
    state.stop_ids.insert(state.stop_ids.end(), eos_token_ids_.begin(), eos_token_ids_.end());
  }
  sequences_.insert_or_assign(start.id, std::move(state));
  return {};
}

Result<std::vector<FailedSequence>> SequenceTable::apply(const StepBatch& batch) {
  std::vector<FailedSequence> failed;
  for (const auto& fork : batch.forks) {
    const auto parent = sequences_.find(fork.parent);
    if (parent == sequences_.end()) return bad_sequence(fork.parent, "is forked but not known");
    SequenceState child = parent->second;
    sequences_.insert_or_assign(fork.child, std::move(child));
  }
  for (const auto& [id, token] : batch.appended) {
    if (sequences_.count(id) == 0) return bad_sequence(id, "goes on but is not known");
    if (token < 0 || token >= vocab_size_)
      return bad_sequence(id, "goes on with a token outside the vocabulary");
    append(id, token);
  }
  for (const auto id : batch.released) sequences_.erase(id);
  for (const auto& sequence : batch.starts) {
    if (auto started = start(sequence, failed); !started) return started.error();
  }
  return failed;
}

const SequenceState* SequenceTable::find(SequenceId id) const {
  const auto found = sequences_.find(id);
  return found == sequences_.end() ? nullptr : &found->second;
}

void SequenceTable::make_room_for_mask(SequenceId id) {
  sequences_.at(id).place.make_room(static_cast<std::size_t>((vocab_size_ + 31) / 32));
}

bool SequenceTable::constrain(SequenceId id) {
  SequenceState& state = sequences_.at(id);
  return state.place.advance(state.completion());
}

std::vector<TokenId> SequenceTable::force(SequenceId id, std::size_t index) {
  const auto found = sequences_.find(id);
  if (found == sequences_.end()) return {};
  SequenceState& state = found->second;
  const SamplingParams& sampling = state.sampling;
  const bool is_known = index + 1 == state.tokens.size() && state.tokens[index] >= 0;
  if (!state.place || !is_known || sampling.is_beam_search() || sampling.num_logprobs >= 0 ||
      !sampling.logit_bias.empty())
    return {};
  // The next step would have to find what may be next in any case. A token that is not allowed ends
  // its request with that step.
  make_room_for_mask(id);
  if (!state.place.advance(state.completion())) return {};
  std::vector<TokenId> forced = state.place.forced();
  if (forced.size() < kFewestForced) return {};
  if (sampling.max_tokens > 0) {
    const auto num_known = static_cast<std::int64_t>(state.completion().size());
    const auto num_left = std::max<std::int64_t>(0, sampling.max_tokens - num_known);
    forced.resize(std::min(forced.size(), static_cast<std::size_t>(num_left)));
  }
  state.tokens.insert(state.tokens.end(), forced.begin(), forced.end());
  state.num_forced = static_cast<std::int64_t>(forced.size());
  return forced;
}

std::size_t SequenceTable::append(SequenceId id, TokenId token) {
  const auto found = sequences_.find(id);
  OCTAVO_ASSERT(found != sequences_.end());
  found->second.tokens.push_back(token);
  found->second.num_forced = 0;
  return found->second.tokens.size() - 1;
}

void SequenceTable::resolve(SequenceId id, std::size_t index, TokenId token) {
  const auto found = sequences_.find(id);
  if (found == sequences_.end()) return;
  auto& tokens = found->second.tokens;
  if (index < tokens.size() && tokens[index] < 0) tokens[index] = token;
}

}  // namespace octavo
