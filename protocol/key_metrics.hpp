// What each API key was given, as numbers for a dashboard. A key's name is its label, and names are
// the operator's, so there are no more of them than he has made.
#pragma once

#include <prometheus/metric_family.h>

#include <memory>
#include <string>
#include <vector>

#include "protocol/metric_scope.hpp"
#include "src/access/key_account.hpp"

namespace octavo {

using KeyAccounts = std::vector<std::shared_ptr<KeyAccount>>;

std::vector<prometheus::MetricFamily> key_metrics(const MetricScope& scope,
                                                  const KeyAccounts& accounts);

/// The body of GET /v1/usage. num_active: the key's responses that run or wait.
std::string usage_body(KeyAccount& account, std::int64_t num_active, TimePoint now);

}  // namespace octavo
