#include "src/access/key_account.hpp"

#include <algorithm>

namespace octavo {
namespace {

// Whole seconds, as Retry-After has them: after them the wait is over.
std::int64_t seconds_of(std::chrono::nanoseconds wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  return seconds > 0 ? seconds : 1;
}

Error rate_limited(const std::string& what, std::chrono::nanoseconds wait) {
  return {Errc::kRateLimited, what + "; try again in " + std::to_string(seconds_of(wait)) + " s",
          "", seconds_of(wait)};
}

}  // namespace

std::int32_t KeyLimits::priority_of(std::int32_t asked) const {
  constexpr std::int32_t kMaxStep = 1 << 29;  // With what a file may give a key it fits.
  return priority ? *priority + std::clamp(asked, 0, kMaxStep) : asked;
}

bool KeyAccount::enter_connection() {
  if (limits_.max_connections > 0 && num_connections_ >= limits_.max_connections) return false;
  ++num_connections_;
  return true;
}

void KeyAccount::leave_connection() {
  OCTAVO_ASSERT(num_connections_ > 0);
  --num_connections_;
}

std::optional<Error> KeyAccount::begin_request(std::int64_t num_active, TimePoint now) {
  using std::to_string;
  if (limits_.concurrency > 0 && num_active >= limits_.concurrency) {
    return rate_limited("this API key may have " + to_string(limits_.concurrency) +
                            " responses that run or wait, and has them",
                        std::chrono::seconds(1));
  }
  if (limits_.requests_per_minute > 0) {
    const auto wait = requests_.time_until(1, limits_.requests_per_minute, now);
    if (wait.count() > 0) {
      return rate_limited("this API key may make " + to_string(limits_.requests_per_minute) +
                              " requests a minute, and has made them",
                          wait);
    }
  }
  // A prompt has a token or more: where not even one is left, nothing need be tokenized.
  if (limits_.tokens_per_minute > 0) {
    const auto wait = tokens_.time_until(1, limits_.tokens_per_minute, now);
    if (wait.count() > 0) {
      return rate_limited("this API key may use " + to_string(limits_.tokens_per_minute) +
                              " tokens a minute, and has used them",
                          wait);
    }
  }
  requests_.add(1, now);
  ++total_.num_requests;
  return std::nullopt;
}

std::optional<Error> KeyAccount::take_prompt(std::int64_t num_tokens, TimePoint now) {
  const std::int64_t limit = limits_.tokens_per_minute;
  if (limit > 0 && num_tokens > limit) {
    return Error{Errc::kContextLengthExceeded,
                 "the prompt has " + std::to_string(num_tokens) +
                     " tokens and this API key may use " + std::to_string(limit) +
                     " a minute: shorten the prompt",
                 "input"};
  }
  const auto wait =
      limit > 0 ? tokens_.time_until(num_tokens, limit, now) : std::chrono::nanoseconds(0);
  if (wait.count() > 0) {
    return rate_limited("this API key may use " + std::to_string(limit) +
                            " tokens a minute, and the prompt's " + std::to_string(num_tokens) +
                            " would be more",
                        wait);
  }
  count_prompt(num_tokens, now);
  return std::nullopt;
}

void KeyAccount::count_prompt(std::int64_t num_tokens, TimePoint now) {
  tokens_.add(num_tokens, now);
  prompt_tokens_.add(num_tokens, now);
  total_.num_prompt_tokens += num_tokens;
}

void KeyAccount::count_cached(std::int64_t num_tokens, TimePoint now) {
  cached_tokens_.add(num_tokens, now);
  total_.num_cached_tokens += num_tokens;
}

void KeyAccount::count_completion(std::int64_t num_tokens, TimePoint now) {
  tokens_.add(num_tokens, now);
  completion_tokens_.add(num_tokens, now);
  total_.num_completion_tokens += num_tokens;
}

KeyUsage KeyAccount::last_minute(TimePoint now) {
  return {requests_.sum(now), prompt_tokens_.sum(now), cached_tokens_.sum(now),
          completion_tokens_.sum(now)};
}

void KeyAccount::continue_from(const KeyAccount& old) {
  total_ = old.total_;
  requests_ = old.requests_;
  prompt_tokens_ = old.prompt_tokens_;
  cached_tokens_ = old.cached_tokens_;
  completion_tokens_ = old.completion_tokens_;
  tokens_ = old.tokens_;
}

}  // namespace octavo
