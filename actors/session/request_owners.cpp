#include "actors/session/request_owners.hpp"

#include <array>
#include <cstdio>

namespace octavo {

void RequestOwners::record(RequestId request, std::uint64_t tenant) {
  if (tenant == 0) return;
  if (latest_.empty()) latest_.resize(kNumKept);
  latest_[request.value % kNumKept] = {request, tenant};
}

bool RequestOwners::is_of(RequestId request, std::uint64_t tenant) const {
  if (latest_.empty()) return false;
  const Entry& entry = latest_[request.value % kNumKept];
  return entry.tenant == tenant && entry.request == request;
}

std::string anonymous_name(const HashKey& key, std::uint64_t watcher, RequestId request) {
  std::array<char, 64> text{};
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::snprintf(text.data(), text.size(), "block watcher %llu %llu", number(watcher),
                number(request.value));
  const std::uint64_t hash = keyed_hash(key, text.data());
  std::snprintf(text.data(), text.size(), "other_%016llx", number(hash));
  return text.data();
}

}  // namespace octavo
