#include "src/scheduler/queue_policy.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

SequenceGroup group_of(std::uint64_t order, std::int32_t priority = 0, std::uint64_t tenant = 0) {
  SequenceGroup group;
  group.order = order;
  group.priority = priority;
  group.tenant = tenant;
  return group;
}

constexpr QueuePolicyName kAll[] = {QueuePolicyName::kFcfs, QueuePolicyName::kPriority,
                                    QueuePolicyName::kFair};

}  // namespace

TEST_CASE("every policy is found by its own name, and no other") {
  for (const QueuePolicyName policy : kAll)
    CHECK(queue_policy_named(name_of(policy)).value() == policy);
  CHECK(queue_policy_named("priority").value() == QueuePolicyName::kPriority);
  for (const char* wrong : {"", "FCFS", "fcfs ", "lifo"}) {
    const auto policy = queue_policy_named(wrong);
    REQUIRE(policy.has_error());
    CHECK(policy.error().code == Errc::kInvalidValue);
    CHECK(policy.error().param == "scheduling-policy");
    CHECK_THAT(policy.error().detail, Catch::StartsWith("`" + std::string(wrong) + "`"));
  }
}

TEST_CASE("groups that a policy does not tell apart go by arrival, and none before itself") {
  const TenantCounters tenants;
  const SequenceGroup first = group_of(1);
  const SequenceGroup second = group_of(2);
  for (const QueuePolicyName policy : kAll) {
    for (const GoesBefore before : {queue_order(policy), running_order(policy)}) {
      CHECK(before(first, second, tenants));
      CHECK_FALSE(before(second, first, tenants));
      CHECK_FALSE(before(first, first, tenants));
    }
  }
}

TEST_CASE("first come, first served looks at neither priority nor tenant") {
  TenantCounters tenants;
  tenants.charge(1, 1000, 1000);
  const SequenceGroup first = group_of(1, 5, 1);
  const SequenceGroup second = group_of(2, -5, 2);
  CHECK(queue_order(QueuePolicyName::kFcfs)(first, second, tenants));
}

TEST_CASE("the smaller priority goes first, in the queue and among those who run") {
  const TenantCounters tenants;
  const SequenceGroup early = group_of(1, 0);
  const SequenceGroup urgent = group_of(2, -1);
  const SequenceGroup patient = group_of(0, 1);
  for (const GoesBefore before :
       {queue_order(QueuePolicyName::kPriority), running_order(QueuePolicyName::kPriority)}) {
    CHECK(before(urgent, early, tenants));
    CHECK_FALSE(before(early, urgent, tenants));
    CHECK(before(early, patient, tenants));
  }
}

TEST_CASE("the tenant that was served less goes first, but among those who run the older") {
  TenantCounters tenants;
  tenants.charge(1, 10, 0);
  const SequenceGroup served = group_of(1, 0, 1);
  const SequenceGroup hungry = group_of(2, 0, 2);
  const GoesBefore in_queue = queue_order(QueuePolicyName::kFair);
  CHECK(in_queue(hungry, served, tenants));
  CHECK_FALSE(in_queue(served, hungry, tenants));
  CHECK(running_order(QueuePolicyName::kFair)(served, hungry, tenants));
  tenants.charge(2, 10, 0);
  CHECK(in_queue(served, hungry, tenants));  // As much for both: by arrival again.
}

TEST_CASE("a completion token counts as two tokens of a prompt") {
  TenantCounters tenants;
  CHECK(tenants.service_of(7) == 0.0);
  tenants.charge(7, 10, 0);
  CHECK(tenants.service_of(7) == 10.0);
  tenants.charge(7, 1, 3);
  CHECK(tenants.service_of(7) == 17.0);
  CHECK(tenants.service_of(8) == 0.0);
}

TEST_CASE("a tenant that arrives is lifted to the least of those who are there") {
  TenantCounters tenants;
  tenants.arrive(1);
  tenants.charge(1, 50, 0);
  tenants.arrive(2);  // Lifted to 50.
  tenants.charge(2, 20, 0);
  tenants.arrive(3);
  CHECK(tenants.service_of(2) == 70.0);
  CHECK(tenants.service_of(3) == 50.0);
}

TEST_CASE("nobody is set back to the least of the others") {
  TenantCounters tenants;
  tenants.charge(1, 100, 0);
  tenants.arrive(2);
  tenants.charge(2, 10, 0);
  tenants.arrive(1);
  CHECK(tenants.service_of(1) == 100.0);
}

TEST_CASE("only the first request of a tenant lifts it") {
  TenantCounters tenants;
  tenants.arrive(1);
  tenants.arrive(2);
  tenants.charge(2, 100, 0);
  tenants.arrive(1);
  CHECK(tenants.service_of(1) == 0.0);
  tenants.leave(1);
  tenants.arrive(1);  // One request was there all the time.
  CHECK(tenants.service_of(1) == 0.0);
  tenants.leave(1);
  tenants.leave(1);
  tenants.arrive(1);
  CHECK(tenants.service_of(1) == 100.0);
}

TEST_CASE("tenants without requests do not lift those who arrive") {
  TenantCounters tenants;
  tenants.arrive(1);
  tenants.charge(1, 100, 0);
  tenants.leave(1);
  tenants.arrive(2);
  CHECK(tenants.service_of(2) == 0.0);
  CHECK(tenants.service_of(1) == 100.0);  // What it was served is remembered.
}

TEST_CASE("a leave of an unknown tenant does nothing") {
  TenantCounters tenants;
  tenants.leave(9);
  tenants.arrive(9);
  CHECK(tenants.service_of(9) == 0.0);
}

TEST_CASE("beyond 65536 tenants those who leave are forgotten, so that the table is bounded") {
  TenantCounters tenants;
  for (std::uint64_t tenant = 1; tenant <= 65536; ++tenant) tenants.charge(tenant, 1, 0);
  tenants.arrive(1);
  tenants.leave(1);
  CHECK(tenants.service_of(1) == 1.0);
  tenants.charge(65537, 1, 0);
  tenants.arrive(1);
  tenants.leave(1);
  CHECK(tenants.service_of(1) == 0.0);
  CHECK(tenants.service_of(2) == 1.0);
}

TEST_CASE("a tenant with twice the share is charged half") {
  TenantCounters tenants;
  tenants.arrive(1, 2.0);
  tenants.arrive(2);
  tenants.charge(1, 100, 10);
  tenants.charge(2, 100, 10);
  CHECK(tenants.service_of(1) == 60);
  CHECK(tenants.service_of(2) == 120);
}
