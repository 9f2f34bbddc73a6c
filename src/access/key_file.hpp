// API keys in a file: who may come, by the hash of the key, and how much each may take. The file
// holds no key, so it may lie in a backup.
//
//   {"keys": [{"name": "alice", "sha256": "5e88...", "concurrency": 8, "requests_per_minute": 60,
//              "tokens_per_minute": 100000, "max_connections": 10, "priority": 0, "share": 2}]}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/access/key_account.hpp"
#include "src/access/sha256.hpp"
#include "src/core/result.hpp"

namespace octavo {

struct KeyEntry {
  std::string name;  ///< 1 to 64 characters of [A-Za-z0-9_.-].
  Sha256 hash{};
  KeyLimits limits;
};

/// text: what the file holds; path: names it in faults. A limit that an entry leaves out is that of
/// `defaults`. Errors: kInvalidFile, also for a member that nobody knows, since a misspelt limit
/// would be none.
[[nodiscard]] Result<std::vector<KeyEntry>> parse_key_file(std::string_view text,
                                                           const std::string& path,
                                                           const KeyLimits& defaults);
/// The same of a file. Errors: those, and kInvalidFile where it cannot be read.
[[nodiscard]] Result<std::vector<KeyEntry>> read_key_file(const std::string& path,
                                                          const KeyLimits& defaults);

}  // namespace octavo
