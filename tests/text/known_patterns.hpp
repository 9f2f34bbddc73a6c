// The expressions of the best-known tokenizers, as their files write them.
#pragma once

#include <string>
#include <vector>

namespace octavo::testing {

inline std::vector<std::string> known_patterns() {
  const std::string letters = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|)";
  const std::string rest = R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
  const std::string signs = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*)";
  const std::string upper = R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])";
  const std::string lower = R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])";
  const std::string before = R"([^\r\n\p{L}\p{N}]?)";
  const std::string short_forms = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?)";
  const std::string signs_and_slashes = R"(| ?[^\s\p{L}\p{N}]+[\r\n/]*)";
  return {
      R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
      letters + R"(\p{N}{1,3})" + signs + rest,
      letters + R"(\p{N})" + signs + rest,
      R"((?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3})" +
          signs + rest,
      before + upper + "*" + lower + "+" + short_forms + "|" + before + upper + "+" + lower + "*" +
          short_forms + R"(|\p{N}{1,3})" + signs_and_slashes + rest,
      before + upper + "*" + lower + "+|" + before + upper + "+" + lower + R"(*|\p{N})" +
          signs_and_slashes + rest,
      R"(\p{N}{1,3})",
      R"(\p{N})",
  };
}

}  // namespace octavo::testing
