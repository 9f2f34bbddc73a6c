// One API key's share of the server: what it may take and what it has taken. A key without limits
// could be given to a stranger only by giving him the server. Thread: one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/access/minute_window.hpp"
#include "src/core/error.hpp"

namespace octavo {

/// 0 is no limit.
struct KeyLimits {
  std::int64_t concurrency = 0;  ///< Responses that run or wait at once.
  std::int64_t requests_per_minute = 0;
  std::int64_t tokens_per_minute = 0;  ///< Of prompts, cached ones too, and of completions.
  std::int64_t max_connections = 0;
  /// Where the server schedules by priority: of all its requests; one may ask for less (a larger
  /// number), which counts from there.
  std::optional<std::int32_t> priority{};
  double share = 1;  ///< Of the engine, beside others, where the server schedules fairly.

  /// The priority of a request that asks for this one.
  std::int32_t priority_of(std::int32_t asked) const;
  friend bool operator==(const KeyLimits&, const KeyLimits&) = default;
};

/// What clients were given.
struct KeyUsage {
  std::int64_t num_requests = 0;
  std::int64_t num_prompt_tokens = 0;
  std::int64_t num_cached_tokens = 0;  ///< Those of the prompts' tokens that the cache had.
  std::int64_t num_completion_tokens = 0;

  friend bool operator==(const KeyUsage&, const KeyUsage&) = default;
};

class KeyAccount {
 public:
  /// name: what metrics and logs call the key.
  explicit KeyAccount(std::string name, KeyLimits limits = {})
      : name_(std::move(name)), limits_(limits) {}

  const std::string& name() const { return name_; }
  const KeyLimits& limits() const { return limits_; }
  void set_limits(KeyLimits limits) { limits_ = limits; }
  /// From now on the key opens nothing.
  void revoke() { is_revoked_ = true; }
  bool is_revoked() const { return is_revoked_; }

  /// Counts one more connection. False, and nothing is counted, if the key has as many as it may
  /// have.
  bool enter_connection();
  void leave_connection();
  std::int64_t num_connections() const { return num_connections_; }

  /// Counts one more request, unless there is an error. num_active: the key's responses that run or
  /// wait. Errors: kRateLimited, with the time after which the request would be taken.
  std::optional<Error> begin_request(std::int64_t num_active, TimePoint now);
  /// Counts the tokens of a request's prompt, unless there is an error. Errors: kRateLimited;
  /// kContextLengthExceeded for more tokens than the key may use in any minute.
  std::optional<Error> take_prompt(std::int64_t num_tokens, TimePoint now);
  /// Takes a prompt that was counted back, because the engine has refused its request.
  void return_prompt(std::int64_t num_tokens, TimePoint now) { count_prompt(-num_tokens, now); }
  /// Counts those of a prompt's tokens that the prefix cache had.
  void count_cached(std::int64_t num_tokens, TimePoint now);
  void count_completion(std::int64_t num_tokens, TimePoint now);

  /// Since the server's start.
  const KeyUsage& total() const { return total_; }
  /// Within the last minute.
  KeyUsage last_minute(TimePoint now);
  /// Takes over what the old account has used, because its key was exchanged for this one.
  void continue_from(const KeyAccount& old);

 private:
  void count_prompt(std::int64_t num_tokens, TimePoint now);

  std::string name_;
  KeyLimits limits_;
  bool is_revoked_ = false;
  std::int64_t num_connections_ = 0;
  KeyUsage total_;
  MinuteWindow requests_;
  MinuteWindow prompt_tokens_;
  MinuteWindow cached_tokens_;
  MinuteWindow completion_tokens_;
  MinuteWindow tokens_;  ///< Of prompts and completions.
};

}  // namespace octavo
