// A hash that nobody can aim at without its key: SipHash-2-4 (Aumasson and Bernstein 2012). Names
// tenants and cache namespaces, so that an API key or a salt is never kept, and none can be chosen
// to collide with another's.
#pragma once

#include <cstdint>
#include <string_view>

namespace octavo {

struct HashKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

std::uint64_t keyed_hash(const HashKey& key, std::string_view bytes);

/// Whose requests they are that come with `api_key`. Without one: 0.
std::uint64_t tenant_of(const HashKey& key, std::string_view api_key);

/// Where a tenant's prefixes are shared; within it, those with the same salt. Without a salt it is
/// the tenant.
std::uint64_t cache_namespace_of(const HashKey& key, std::uint64_t tenant,
                                 std::string_view cache_salt);

}  // namespace octavo
