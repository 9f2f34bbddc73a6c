// The API keys of a server. A key that a flag says is a key as it stands, whatever is in it; the
// environment has one variable, which may hold several with commas between them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/trim.hpp"

namespace octavo {

/// variable: that of OCTAVO_API_KEY, null when it is not set; counts where no flag names a key.
/// Empty keys are none.
inline std::vector<std::string> api_keys_of(std::vector<std::string> flags, const char* variable) {
  std::erase(flags, "");
  if (!flags.empty() || variable == nullptr) return flags;
  std::vector<std::string> keys;
  std::string_view rest(variable);
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view key = trim(rest.substr(0, comma), " \t");
    if (!key.empty()) keys.emplace_back(key);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return keys;
}

}  // namespace octavo
