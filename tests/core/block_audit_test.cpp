#include "src/core/block_audit.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("an audit begins with nothing found, and nothing wrong") {
  const BlockAudit audit;
  CHECK(audit.is_consistent);
  CHECK(audit.fault.empty());
  CHECK(audit.device == TierAudit{0, 0, 0, 0, 0});
  CHECK(audit.host == audit.device);
}

TEST_CASE("two audits are the same when every count of both tiers is, and the fault") {
  const TierAudit tier{10, 4, 3, 2, 1};
  const BlockAudit audit{tier, tier, true, ""};
  CHECK(audit == BlockAudit{tier, {10, 4, 3, 2, 1}, true, ""});
  for (const TierAudit& other :
       {TierAudit{11, 4, 3, 2, 1}, TierAudit{10, 5, 3, 2, 1}, TierAudit{10, 4, 4, 2, 1},
        TierAudit{10, 4, 3, 3, 1}, TierAudit{10, 4, 3, 2, 2}}) {
    CHECK_FALSE(audit == BlockAudit{other, tier, true, ""});
    CHECK_FALSE(audit == BlockAudit{tier, other, true, ""});
  }
  CHECK_FALSE(audit == BlockAudit{tier, tier, false, ""});
  CHECK_FALSE(audit == BlockAudit{tier, tier, true, "a block is in two states"});
}
