#include "src/scheduler/admission.hpp"

#include <algorithm>
#include <string>

#include "src/core/block_count.hpp"
#include "src/scheduler/buddy_allocator.hpp"

namespace octavo {
namespace {

/// Whether the holes left by rounding leave room for all of the request's reservations.
bool fits_empty_pool(const SchedulerConfig& config, const Request& request,
                     std::int64_t num_blocks) {
  if (num_blocks > config.num_blocks) return false;
  if (config.is_paged()) return true;
  BuddyAllocator empty(config.num_blocks);
  const auto each = static_cast<std::int32_t>(num_blocks / request.sampling.n);
  for (std::int32_t i = 0; i < request.sampling.n; ++i) {
    if (!empty.allocate(each)) return false;
  }
  return true;
}

/// With num_completion tokens in every sequence: the prompt's full blocks once, the rest for each.
std::int64_t blocks_at_most(const SchedulerConfig& config, const Request& request,
                            std::int32_t num_completion) {
  const SamplingParams& sampling = request.sampling;
  const auto num_prompt = static_cast<std::int32_t>(request.prompt.size());
  const std::int64_t num_sequences = sampling.is_beam_search() ? sampling.beam_width : sampling.n;
  if (!config.is_paged()) {
    const std::int64_t reserved = reserved_tokens(config.kv_allocator, num_prompt, num_completion,
                                                  config.max_tokens_per_sequence());
    const std::int64_t needed = std::max(reserved, std::int64_t{num_prompt} + num_completion);
    return num_sequences * blocks_for(needed, config.block_size);
  }
  const std::int64_t shared = num_sequences == 1 ? 0 : (num_prompt - 1) / config.block_size;
  const std::int64_t whole =
      blocks_for(std::int64_t{num_prompt} + num_completion, config.block_size);
  return shared + num_sequences * (whole - shared);
}

std::optional<Error> refusal_of_size(const SchedulerConfig& config, const Request& request) {
  const auto num_prompt = static_cast<std::int64_t>(request.prompt.size());
  if (num_prompt == 0) return Error{Errc::kInvalidValue, "the prompt has no tokens", "input"};
  if (num_prompt >= config.max_model_len) {
    return Error{Errc::kContextLengthExceeded,
                 "the prompt has " + std::to_string(num_prompt) +
                     " tokens and the context length is " + std::to_string(config.max_model_len) +
                     ": shorten the prompt",
                 "input"};
  }
  const std::int64_t wanted = std::min<std::int64_t>(std::max(1, request.sampling.max_tokens),
                                                     config.max_model_len - num_prompt);
  const std::int64_t num_blocks = blocks_at_most(
      config, request, static_cast<std::int32_t>(std::min<std::int64_t>(wanted, 1 << 30)));
  if (fits_empty_pool(config, request, num_blocks)) return std::nullopt;
  return Error{Errc::kContextLengthExceeded,
               "the request needs " + std::to_string(num_blocks * config.block_size) +
                   " tokens of cache and the whole cache holds " +
                   std::to_string(std::int64_t{config.num_blocks} * config.block_size),
               "max_output_tokens"};
}

std::optional<Error> refusal_of_beams(const SchedulerConfig& config,
                                      const SamplingParams& sampling) {
  if (sampling.is_beam_search() && !config.is_paged()) {
    return Error{Errc::kUnsupportedParameter,
                 "beam search shares blocks, which --kv-allocator " +
                     std::string(name_of(config.kv_allocator)) + " cannot: use paged",
                 "beam_width"};
  }
  const std::int32_t widest = std::min(config.max_num_seqs, config.max_num_batched_tokens);
  if (sampling.beam_width <= widest) return std::nullopt;
  return Error{Errc::kInvalidValue,
               "beam_width asks for " + std::to_string(sampling.beam_width) +
                   " sequences at once and a batch has at most " + std::to_string(widest),
               "beam_width"};
}

// Until all that wait have left the queue. Before any has left, as long as they take to be
// computed.
std::chrono::nanoseconds time_ahead(const QueueLoad& waiting, const StepCost& cost) {
  const std::int64_t num_tokens = waiting.num_prompt_tokens;
  return waiting.drain.time_for(num_tokens).value_or(cost.prefill_time(num_tokens));
}

// The queue is bounded in three measures, for each may be the one that runs out: places, tokens of
// prompts, and the time until a newcomer's turn. Whoever comes again when those ahead have left
// meets others who have come meanwhile, but not these.
std::optional<Error> refusal_of_queue(const SchedulerConfig& config, const Request& request,
                                      const QueueLoad& waiting, const StepCost& cost) {
  using std::to_string;
  const auto num_prompt = static_cast<std::int64_t>(request.prompt.size());
  const auto wait = time_ahead(waiting, cost);
  const auto seconds =
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count());
  std::string reason;
  if (waiting.num_sequences + request.sampling.n > config.max_num_waiting)
    reason = to_string(waiting.num_sequences) + " requests are waiting";
  else if (waiting.num_sequences > 0 &&
           waiting.num_prompt_tokens + num_prompt > config.max_waiting_tokens)
    reason = "prompts of " + to_string(waiting.num_prompt_tokens) + " tokens are waiting";
  else if (config.max_queue_wait.count() > 0 && wait > config.max_queue_wait)
    reason = "the request would wait for " + to_string(seconds) + " s";
  if (reason.empty()) return std::nullopt;
  return Error{Errc::kQueueFull, reason + "; try again in " + to_string(seconds) + " s", "",
               seconds};
}

// By the rates measured so far: its first token comes after the prompts ahead and its own. One
// whose time is over already ends by itself.
std::optional<Error> refusal_of_deadline(const Request& request, const QueueLoad& waiting,
                                         const StepCost& cost, TimePoint now) {
  if (!request.deadline || *request.deadline <= now) return std::nullopt;
  const auto num_prompt = static_cast<std::int64_t>(request.prompt.size());
  const std::chrono::nanoseconds needed = cost.prefill_time(waiting.num_prompt_tokens + num_prompt);
  const std::chrono::nanoseconds left = *request.deadline - now;
  if (needed <= left) return std::nullopt;
  const auto ms = [](std::chrono::nanoseconds duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
  };
  return Error{Errc::kDeadlineExceeded,
               "the deadline is in " + ms(left) + " ms and the first token would come in " +
                   ms(needed) + " ms, behind the " + std::to_string(waiting.num_sequences) +
                   " that wait",
               "octavo.deadline_ms"};
}

}  // namespace

std::optional<Error> refusal(const SchedulerConfig& config, const Request& request,
                             const QueueLoad& waiting, const StepCost& cost, TimePoint now) {
  if (auto error = refusal_of_size(config, request)) return error;
  if (auto error = refusal_of_beams(config, request.sampling)) return error;
  if (auto error = refusal_of_queue(config, request, waiting, cost)) return error;
  return refusal_of_deadline(request, waiting, cost, now);
}

std::int32_t completion_room(const SchedulerConfig& config, const Request& request) {
  std::int32_t room =
      config.max_tokens_per_sequence() - static_cast<std::int32_t>(request.prompt.size());
  std::int32_t fitting = 1;
  while (fitting < room) {  // The largest that fits, by bisection.
    const std::int32_t middle = fitting + (room - fitting + 1) / 2;
    if (fits_empty_pool(config, request, blocks_at_most(config, request, middle)))
      fitting = middle;
    else
      room = middle - 1;
  }
  return fitting;
}

std::int32_t watermark(const SchedulerConfig& config) {
  return std::max(1, config.num_blocks / 250);
}

bool may_enter(const SchedulerConfig& config, std::int32_t num_wanted, std::int32_t num_free,
               bool others_run) {
  const std::int32_t num_kept = others_run ? watermark(config) : 0;
  // Room to grow is a wish: a group that has the pool to itself enters without it.
  return num_free - num_kept >= std::min(num_wanted, config.num_blocks);
}

}  // namespace octavo
