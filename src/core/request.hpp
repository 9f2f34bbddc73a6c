// A request and what is reported of it while it lives: the values that pass the two doors between
// sessions and scheduler.
#pragma once

#include <boost/container/small_vector.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "src/core/error.hpp"
#include "src/core/ids.hpp"
#include "src/core/sampling_params.hpp"
#include "src/core/step.hpp"

namespace octavo {

/// A point on the monotonic clock. Pure rooms receive it, they never read the clock.
using TimePoint = std::chrono::steady_clock::time_point;

/// One sequence group: `sampling.n` sequences over one prompt.
struct Request {
  RequestId id;
  std::vector<TokenId> prompt;  ///< At least one token.
  SamplingParams sampling;      ///< Validated.
  std::optional<TimePoint> deadline;
  std::int32_t priority = 0;  ///< Smaller goes first, under the policy `priority`.
  std::uint64_t tenant = 0;   ///< Whose request it is (API key): fair shares are between tenants.
  double share = 1;           ///< How many times as much as others the tenant gets; above 0.
  std::uint64_t cache_namespace = 0;  ///< Prefixes are shared only within one (tenant, salt).
  bool wants_progress = false;        ///< Until its first token, RequestProgressed tells of it.
};

enum class FinishReason : std::uint8_t {
  kStop,       ///< An EOS, a stop token, or a stop string.
  kLength,     ///< max_tokens or the context length.
  kSteered,    ///< The client added input while it ran; a successor goes on.
  kCancelled,  ///< Asked for by the client, or the client is gone.
  kDeadline,   ///< The request's deadline passed.
  kError,      ///< The engine failed under it.
};
std::string_view name_of(FinishReason reason);
/// The engine failed under it, or its deadline passed.
constexpr bool is_failure(FinishReason reason) {
  return reason == FinishReason::kError || reason == FinishReason::kDeadline;
}

enum class CancelReason : std::uint8_t {
  kClientGone,
  kClientCancelled,
  kStopMatched,  ///< The session found a stop string: counts as FinishReason::kStop.
  kSlowConsumer,
  kDeadline,
  kShutdown,
  kSteered,
};
std::string_view name_of(CancelReason reason);

struct Usage {
  std::int64_t num_prompt_tokens = 0;
  std::int64_t num_completion_tokens = 0;  ///< Over all sequences of the group.
  std::int64_t num_cached_tokens = 0;      ///< Prompt tokens found in the prefix cache.
};

struct Timings {
  std::chrono::nanoseconds queue{};    ///< Submitted until first scheduled.
  std::chrono::nanoseconds prefill{};  ///< First scheduled until the first token.
  std::chrono::nanoseconds ttft{};     ///< Submitted until the first token.
  std::chrono::nanoseconds decode{};   ///< First token until the last.
};

/// The request is in the queue; the first event of every request that is not rejected.
struct RequestAccepted {
  RequestId request;
};
/// How far it is before its first token; only to who asked for it.
struct RequestProgressed {
  RequestId request;
  std::int32_t queue_position = 0;  ///< 1: the next; 0: it has begun.
  std::int32_t num_prompt_tokens = 0;
  std::int32_t num_computed_tokens = 0;  ///< Of the prompt, cached ones included.
  std::int32_t num_cached_tokens = 0;
  std::chrono::nanoseconds time_left{};  ///< Until its prompt is computed; 0: not known.
};
struct TokensGenerated {
  RequestId request;
  std::int32_t choice = 0;  ///< Which sequence of the group, 0 .. n - 1.
  boost::container::small_vector<SampledToken, 1> tokens;  ///< Mostly one, without an allocation.
  std::optional<FinishReason> finished;  ///< Set on the last one of the sequence. The token that
                                         ///< stopped it is among `tokens`.
  std::optional<float> score;            ///< Beam search, with `finished`: the hypothesis' score.
};
struct RequestPreempted {
  RequestId request;
  PreemptionMode mode = PreemptionMode::kRecompute;
};
struct RequestResumed {
  RequestId request;
  PreemptionMode mode = PreemptionMode::kRecompute;
};
/// Exactly one for every submitted request, rejected ones included (then as RequestRejected).
struct RequestFinished {
  RequestId request;
  FinishReason reason = FinishReason::kStop;  ///< Why the last sequence finished.
  std::optional<Error> error;                 ///< With kError.
  Usage usage;
  Timings timings;
  std::int32_t num_preemptions = 0;
  std::int32_t num_shared_blocks = 0;  ///< Most blocks that its sequences spared by sharing.
};
struct RequestRejected {
  RequestId request;
  Error error;
};

/// The log-probabilities of some of the prompt's tokens. All of them come before the first
/// TokensGenerated of the request, in the order of the prompt; after a preemption some come again.
struct PromptLogprobsComputed {
  RequestId request;
  std::int32_t first_position = 1;  ///< In the prompt.
  std::vector<PromptLogprob> tokens;
};

using RequestEvent =
    std::variant<RequestAccepted, TokensGenerated, RequestPreempted, RequestResumed,
                 RequestFinished, RequestRejected, RequestProgressed, PromptLogprobsComputed>;
static_assert(std::is_nothrow_move_constructible_v<RequestEvent>);  // Or vectors would copy them.

}  // namespace octavo
