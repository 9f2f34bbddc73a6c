// What a look at the metrics page costs: routers look every 50 ms, and the thread that renders it
// is the one that writes tokens. JSON on standard output: the page's series, and microseconds of
// the median rendering.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "protocol/metrics.hpp"

using namespace octavo;

namespace {

constexpr int kRenderings = 2000;

std::int64_t num_series(const std::string& page) {
  std::int64_t count = 0;
  for (std::size_t at = 0; at < page.size(); at = page.find('\n', at) + 1)
    count += page[at] != '#' ? 1 : 0;
  return count;
}

}  // namespace

int main() {
  Metrics metrics({"vllm", "acme/large-model"});
  EngineStatus status;
  for (int i = 1; i < 10'000; ++i) {
    metrics.observe_inter_token(std::chrono::microseconds(137 * i));
    status.steps.add(i % 2048);
  }
  std::vector<double> seen;
  std::string page;
  for (int i = 0; i < kRenderings; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    page = metrics.text(status);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    seen.push_back(took.count());
  }
  std::ranges::nth_element(seen, seen.begin() + kRenderings / 2);
  std::printf("{\"series\": %lld, \"bytes\": %zu, \"us\": %.1f}\n",
              static_cast<long long>(num_series(page)), page.size(), seen[kRenderings / 2]);
  return 0;
}
