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
  /// The key opens nothing any more.
  void revoke() { is_revoked_ = true; }
  bool is_revoked() const { return is_revoked_; }

  /// One more connection; false, and not counted, where the key has all that it may have.
  bool enter_connection();
  void leave_connection();
  std::int64_t num_connections() const { return num_connections_; }

  /// A request comes; num_active: the key's responses that run or wait. It counts where there is no
  /// error. Errors: kRateLimited, with the time after which it would be taken.
  std::optional<Error> begin_request(std::int64_t num_active, TimePoint now);
  /// Its prompt has so many tokens; they count where there is no error. Errors: kRateLimited;
  /// kContextLengthExceeded where it is more than the key may use in any minute.
  std::optional<Error> take_prompt(std::int64_t num_tokens, TimePoint now);
  /// The engine has refused the request whose prompt was counted.
  void return_prompt(std::int64_t num_tokens, TimePoint now) { count_prompt(-num_tokens, now); }
  /// The prefix cache had so many of the prompt's tokens.
  void count_cached(std::int64_t num_tokens, TimePoint now);
  void count_completion(std::int64_t num_tokens, TimePoint now);

  /// Since the server's start.
  const KeyUsage& total() const { return total_; }
  /// Within the last minute.
  KeyUsage last_minute(TimePoint now);
  /// The key was exchanged for this one: what it has used goes on.
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
