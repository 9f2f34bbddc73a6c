// Whose a request was, for as long as blocks name it: where clients have API keys, a client that
// watches the blocks may know its own key's responses and nobody else's. Holds tenants, which are
// hashes, never keys. Thread: the io thread's only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/core/ids.hpp"
#include "src/core/keyed_hash.hpp"

namespace octavo {

class RequestOwners {
 public:
  /// The owners of so many of the latest requests are remembered; an older request is treated as
  /// somebody else's.
  static constexpr std::size_t kNumKept = std::size_t{1} << 18;

  /// tenant: 0 where there are no keys, and nothing to keep.
  void record(RequestId request, std::uint64_t tenant);
  bool is_of(RequestId request, std::uint64_t tenant) const;

  /// Tells one who watches from another.
  std::uint64_t next_watcher() { return num_watchers_++; }

 private:
  struct Entry {
    RequestId request;
    std::uint64_t tenant = 0;
  };
  std::vector<Entry> latest_;  // [kNumKept] by id, once there is one; ids come from one counter.
  std::uint64_t num_watchers_ = 0;
};

/// What a watcher calls a request that is not its own: the same every time, another for every
/// watcher, and no hint of the id.
std::string anonymous_name(const HashKey& key, std::uint64_t watcher, RequestId request);

}  // namespace octavo
