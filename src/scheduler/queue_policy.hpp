// Who is next, and who gives way. A policy is one pure comparison of two groups, looked up by name:
// the first in its order is admitted next, the last in it is the first victim.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "src/core/result.hpp"
#include "src/scheduler/sequence.hpp"

namespace octavo {

enum class QueuePolicyName : std::uint8_t {
  kFcfs,      ///< By arrival.
  kPriority,  ///< By the request's priority, smaller first, then by arrival.
  kFair,      ///< The tenant that has been served least, then by arrival.
};

/// "fcfs", "priority", "fair". Errors: kInvalidValue.
[[nodiscard]] Result<QueuePolicyName> queue_policy_named(std::string_view name);
std::string_view name_of(QueuePolicyName policy);

/// Service received so far, in tokens: fair shares by virtual counters (Sheng et al., OSDI 2024). A
/// tenant that returns is lifted to the least of those who wait, so that idling saves up nothing.
class TenantCounters {
 public:
  /// One more request of the tenant is waiting or running. share: what it is charged is divided by.
  void arrive(std::uint64_t tenant, double share = 1);
  void leave(std::uint64_t tenant);
  void charge(std::uint64_t tenant, std::int64_t num_prompt_tokens,
              std::int64_t num_completion_tokens);
  double service_of(std::uint64_t tenant) const;

 private:
  struct Counter {
    double service = 0.0;
    double share = 1.0;
    std::int64_t num_requests = 0;
  };
  static constexpr std::size_t kMaxTenants = 65536;
  std::unordered_map<std::uint64_t, Counter> counters_;
};

/// Whether `a` goes before `b` in the queue.
using GoesBefore = bool (*)(const SequenceGroup& a, const SequenceGroup& b,
                            const TenantCounters& tenants);
GoesBefore queue_order(QueuePolicyName policy);
/// The same among those who run: what has been served does not count, or a step would preempt what
/// the step before admitted.
GoesBefore running_order(QueuePolicyName policy);

}  // namespace octavo
