#include "src/text/stop_matcher.hpp"

#include <algorithm>
#include <utility>

namespace octavo {

StopMatcher::StopMatcher(std::vector<std::string> stops) {
  std::erase_if(stops, [](const std::string& stop) { return stop.empty(); });
  for (std::string& stop : stops) {
    // Knuth, Morris, Pratt 1977: fallback[i] is for the prefix of length i + 1.
    std::vector<std::uint32_t> fallback(stop.size(), 0);
    for (std::size_t i = 1, length = 0; i < stop.size(); ++i) {
      while (length > 0 && stop[i] != stop[length]) length = fallback[length - 1];
      if (stop[i] == stop[length]) ++length;
      fallback[i] = static_cast<std::uint32_t>(length);
    }
    patterns_.push_back({std::move(stop), std::move(fallback), 0});
  }
}

/// True when the text now ends in the whole pattern.
bool StopMatcher::Pattern::advance(char c) {
  while (num_matched > 0 && c != text[num_matched]) num_matched = fallback[num_matched - 1];
  if (c == text[num_matched]) ++num_matched;
  return num_matched == text.size();
}

bool StopMatcher::append(std::string_view delta, std::string& out) {
  for (const char c : delta) {
    if (has_matched()) break;
    held_.push_back(c);
    const Pattern* longest = nullptr;
    for (Pattern& pattern : patterns_) {
      const bool is_whole = pattern.advance(c);
      if (is_whole && (longest == nullptr || pattern.text.size() > longest->text.size())) {
        longest = &pattern;
      }
    }
    if (longest == nullptr) continue;
    matched_ = &longest->text;
    out.append(held_, 0, held_.size() - longest->text.size());
    held_.clear();
  }
  if (!has_matched()) settle(out);
  return has_matched();
}

/// Lets through all but the longest end that may still become a stop.
void StopMatcher::settle(std::string& out) {
  std::size_t num_kept = 0;
  for (const Pattern& pattern : patterns_) num_kept = std::max(num_kept, pattern.num_matched);
  out.append(held_, 0, held_.size() - num_kept);
  held_.erase(0, held_.size() - num_kept);
}

void StopMatcher::finish(std::string& out) {
  if (!has_matched()) out += held_;
  held_.clear();
}

}  // namespace octavo
