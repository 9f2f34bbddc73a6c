#include "protocol/key_metrics.hpp"

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace octavo {
namespace {

namespace json = boost::json;

using prometheus::MetricFamily;
using prometheus::MetricType;

struct Row {
  const char* name;
  MetricType type;
  const char* help;
  std::int64_t (*read)(const KeyAccount& account);
};

constexpr std::array<Row, 5> kRows{{
    {"key_requests_total", MetricType::Counter, "Requests of an API key that its limits let in.",
     [](const KeyAccount& account) { return account.total().num_requests; }},
    {"key_prompt_tokens_total", MetricType::Counter, "Prompt tokens of an API key's requests.",
     [](const KeyAccount& account) { return account.total().num_prompt_tokens; }},
    {"key_cached_tokens_total", MetricType::Counter,
     "Prompt tokens of an API key's requests that the prefix cache had.",
     [](const KeyAccount& account) { return account.total().num_cached_tokens; }},
    {"key_generation_tokens_total", MetricType::Counter, "Tokens that an API key was given.",
     [](const KeyAccount& account) { return account.total().num_completion_tokens; }},
    {"key_connections", MetricType::Gauge, "Open connections of an API key.",
     [](const KeyAccount& account) { return account.num_connections(); }},
}};

json::object usage_json(const KeyUsage& usage) {
  return {{"requests", usage.num_requests},
          {"prompt_tokens", usage.num_prompt_tokens},
          {"cached_tokens", usage.num_cached_tokens},
          {"completion_tokens", usage.num_completion_tokens}};
}

json::value or_null(std::int64_t limit) {
  return limit > 0 ? json::value(limit) : json::value(nullptr);
}

}  // namespace

std::vector<MetricFamily> key_metrics(const MetricScope& scope, const KeyAccounts& accounts) {
  std::vector<MetricFamily> families;
  for (const Row& row : kRows) {
    MetricFamily& family =
        families.emplace_back(MetricFamily{scope.name(row.name), row.help, row.type, {}});
    for (const auto& account : accounts) {
      prometheus::ClientMetric& metric = family.metric.emplace_back();
      metric.label = scope.labels();
      metric.label.push_back({"key", account->name()});
      const auto value = static_cast<double>(row.read(*account));
      (row.type == MetricType::Gauge ? metric.gauge.value : metric.counter.value) = value;
    }
  }
  return families;
}

std::string usage_body(KeyAccount& account, std::int64_t num_active, TimePoint now) {
  const KeyLimits& limits = account.limits();
  json::object shown{{"concurrency", or_null(limits.concurrency)},
                     {"requests_per_minute", or_null(limits.requests_per_minute)},
                     {"tokens_per_minute", or_null(limits.tokens_per_minute)},
                     {"max_connections", or_null(limits.max_connections)},
                     {"priority", limits.priority.value_or(0)},
                     {"share", limits.share}};
  return json::serialize(json::object{
      {"object", "usage"},
      {"name", account.name()},
      {"active", {{"responses", num_active}, {"connections", account.num_connections()}}},
      {"minute", usage_json(account.last_minute(now))},
      {"total", usage_json(account.total())},
      {"limits", std::move(shown)}});
}

}  // namespace octavo
