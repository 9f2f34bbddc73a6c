// The half of the scheduler that says no at the door: what can never fit, what waits too long, and
// what could not be in time.
#include <algorithm>
#include <string>

#include "src/scheduler/scheduler.hpp"

namespace octavo {
namespace {

std::int64_t blocks_for(std::int64_t num_tokens, std::int32_t block_size) {
  return (num_tokens + block_size - 1) / block_size;
}

}  // namespace

std::int32_t Scheduler::max_tokens_per_sequence() const {
  const std::int64_t slots = std::int64_t{config_.num_blocks} * config_.block_size;
  return static_cast<std::int32_t>(std::min<std::int64_t>(config_.max_model_len, slots));
}

std::optional<Error> Scheduler::refusal(const Request& request, TimePoint now) const {
  if (auto error = refusal_of_size(request)) return error;
  const SamplingParams& sampling = request.sampling;
  if (sampling.is_beam_search() && !is_paged()) {
    return Error{Errc::kUnsupportedParameter,
                 "beam search shares blocks, which --kv-allocator " +
                     std::string(name_of(config_.kv_allocator)) + " cannot: use paged",
                 "beam_width"};
  }
  const std::int32_t widest = std::min(config_.max_num_seqs, config_.max_num_batched_tokens);
  if (sampling.beam_width > widest) {
    return Error{Errc::kInvalidValue,
                 "beam_width asks for " + std::to_string(sampling.beam_width) +
                     " sequences at once and a batch has at most " + std::to_string(widest),
                 "beam_width"};
  }
  if (num_waiting_ + sampling.n > config_.max_num_waiting) {
    return Error{Errc::kQueueFull,
                 std::to_string(num_waiting_) + " requests are waiting; try again later", ""};
  }
  return refusal_of_deadline(request, now);
}

std::optional<Error> Scheduler::refusal_of_size(const Request& request) const {
  const auto num_prompt = static_cast<std::int64_t>(request.prompt.size());
  if (num_prompt == 0) return Error{Errc::kInvalidValue, "the prompt has no tokens", "input"};
  if (num_prompt >= config_.max_model_len) {
    return Error{Errc::kContextLengthExceeded,
                 "the prompt has " + std::to_string(num_prompt) +
                     " tokens and the context length is " + std::to_string(config_.max_model_len) +
                     ": shorten the prompt",
                 "input"};
  }
  const std::int64_t wanted = std::min<std::int64_t>(std::max(1, request.sampling.max_tokens),
                                                     config_.max_model_len - num_prompt);
  const std::int64_t num_blocks =
      blocks_at_most(request, static_cast<std::int32_t>(std::min<std::int64_t>(wanted, 1 << 30)));
  if (num_blocks > config_.num_blocks || !fits_empty_pool(request, num_blocks)) {
    return Error{Errc::kContextLengthExceeded,
                 "the request needs " + std::to_string(num_blocks * config_.block_size) +
                     " tokens of cache and the whole cache holds " +
                     std::to_string(std::int64_t{config_.num_blocks} * config_.block_size),
                 "max_output_tokens"};
  }
  return std::nullopt;
}

/// Whether the holes left by rounding leave room for all of its reservations.
bool Scheduler::fits_empty_pool(const Request& request, std::int64_t num_blocks) const {
  if (is_paged()) return true;
  BuddyAllocator empty(config_.num_blocks);
  const auto each = static_cast<std::int32_t>(num_blocks / request.sampling.n);
  for (std::int32_t i = 0; i < request.sampling.n; ++i) {
    if (!empty.allocate(each)) return false;
  }
  return true;
}

/// With num_completion tokens in every sequence: the prompt's full blocks once, the rest for each.
std::int64_t Scheduler::blocks_at_most(const Request& request, std::int32_t num_completion) const {
  const SamplingParams& sampling = request.sampling;
  const auto num_prompt = static_cast<std::int32_t>(request.prompt.size());
  const std::int64_t num_sequences = sampling.is_beam_search() ? sampling.beam_width : sampling.n;
  if (!is_paged()) {
    const std::int64_t reserved = reserved_tokens(config_.kv_allocator, num_prompt, num_completion,
                                                  max_tokens_per_sequence());
    const std::int64_t needed = std::max(reserved, std::int64_t{num_prompt} + num_completion);
    return num_sequences * blocks_for(needed, config_.block_size);
  }
  const std::int64_t shared = num_sequences == 1 ? 0 : (num_prompt - 1) / config_.block_size;
  const std::int64_t whole =
      blocks_for(std::int64_t{num_prompt} + num_completion, config_.block_size);
  return shared + num_sequences * (whole - shared);
}

/// Tokens that every sequence of the request could have as its completion.
std::int32_t Scheduler::completion_room(const Request& request) const {
  std::int32_t room = max_tokens_per_sequence() - static_cast<std::int32_t>(request.prompt.size());
  std::int32_t fitting = 1;
  while (fitting < room) {  // The largest that fits, by bisection.
    const std::int32_t middle = fitting + (room - fitting + 1) / 2;
    const std::int64_t num_blocks = blocks_at_most(request, middle);
    if (num_blocks <= config_.num_blocks && fits_empty_pool(request, num_blocks))
      fitting = middle;
    else
      room = middle - 1;
  }
  return fitting;
}

// By the rates measured so far: its first token comes behind the prompts ahead and its own, as far
// as they will not be found in the cache. One whose time is over already ends by itself.
std::optional<Error> Scheduler::refusal_of_deadline(const Request& request, TimePoint now) const {
  if (!request.deadline || *request.deadline <= now) return std::nullopt;
  const auto num_prompt = static_cast<std::int64_t>(request.prompt.size());
  const auto num_to_compute = static_cast<std::int64_t>(
      static_cast<double>(num_waiting_tokens_ + num_prompt) * (1.0 - hit_share_));
  const std::chrono::nanoseconds needed = cost_.prefill_time(num_to_compute);
  const std::chrono::nanoseconds left = *request.deadline - now;
  if (needed <= left) return std::nullopt;
  const auto ms = [](std::chrono::nanoseconds duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
  };
  return Error{Errc::kDeadlineExceeded,
               "the deadline is in " + ms(left) + " ms and the first token would come in " +
                   ms(needed) + " ms, behind the " + std::to_string(num_waiting_) + " that wait",
               "octavo.deadline_ms"};
}

}  // namespace octavo
