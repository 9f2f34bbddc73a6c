#include "src/scheduler/queue_policy.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace octavo {
namespace {

// A completion token costs a decode step of its own: twice a prompt token, as the paper has it.
constexpr double kCompletionWeight = 2.0;

constexpr std::array<std::pair<std::string_view, QueuePolicyName>, 3> kNames{{
    {"fcfs", QueuePolicyName::kFcfs},
    {"priority", QueuePolicyName::kPriority},
    {"fair", QueuePolicyName::kFair},
}};

bool by_arrival(const SequenceGroup& a, const SequenceGroup& b, const TenantCounters&) {
  return a.order < b.order;
}

bool by_priority(const SequenceGroup& a, const SequenceGroup& b, const TenantCounters&) {
  return a.priority != b.priority ? a.priority < b.priority : a.order < b.order;
}

bool by_service(const SequenceGroup& a, const SequenceGroup& b, const TenantCounters& tenants) {
  if (a.tenant != b.tenant) {
    const double served_a = tenants.service_of(a.tenant);
    const double served_b = tenants.service_of(b.tenant);
    if (served_a != served_b) return served_a < served_b;
  }
  return a.order < b.order;
}

}  // namespace

Result<QueuePolicyName> queue_policy_named(std::string_view name) {
  for (const auto& [known, policy] : kNames) {
    if (known == name) return policy;
  }
  return Error{Errc::kInvalidValue,
               "`" + std::string(name) + "` is not one of fcfs, priority, fair",
               "scheduling-policy"};
}

std::string_view name_of(QueuePolicyName policy) {
  return kNames.at(static_cast<std::size_t>(policy)).first;
}

void TenantCounters::arrive(std::uint64_t tenant, double share) {
  Counter& counter = counters_[tenant];
  counter.share = share;
  if (counter.num_requests++ > 0) return;
  bool found = false;
  double least = 0.0;
  for (const auto& [other, each] : counters_) {
    if (other == tenant || each.num_requests == 0) continue;
    least = found ? std::min(least, each.service) : each.service;
    found = true;
  }
  if (found) counter.service = std::max(counter.service, least);
}

void TenantCounters::leave(std::uint64_t tenant) {
  const auto found = counters_.find(tenant);
  if (found == counters_.end() || --found->second.num_requests > 0) return;
  if (counters_.size() > kMaxTenants) counters_.erase(found);
}

void TenantCounters::charge(std::uint64_t tenant, std::int64_t num_prompt_tokens,
                            std::int64_t num_completion_tokens) {
  Counter& counter = counters_[tenant];
  counter.service += (static_cast<double>(num_prompt_tokens) +
                      kCompletionWeight * static_cast<double>(num_completion_tokens)) /
                     counter.share;
}

double TenantCounters::service_of(std::uint64_t tenant) const {
  const auto found = counters_.find(tenant);
  return found == counters_.end() ? 0.0 : found->second.service;
}

GoesBefore queue_order(QueuePolicyName policy) {
  switch (policy) {
    case QueuePolicyName::kFcfs:
      return by_arrival;
    case QueuePolicyName::kPriority:
      return by_priority;
    case QueuePolicyName::kFair:
      return by_service;
  }
  return by_arrival;
}

GoesBefore running_order(QueuePolicyName policy) {
  return policy == QueuePolicyName::kPriority ? by_priority : by_arrival;
}

}  // namespace octavo
