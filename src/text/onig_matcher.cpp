#include "src/text/onig_matcher.hpp"

#include <oniguruma.h>

#include <algorithm>
#include <array>
#include <utility>

#include "src/text/onig_dialect.hpp"
#include "src/text/utf8.hpp"

namespace octavo::text {
namespace {

/// A search that takes no more steps back than this is not counted. One that does begins anew with
/// more of them, since Oniguruma does not say how many it took.
constexpr std::uint64_t kFreeSteps = 1024;
constexpr std::uint64_t kMoreSteps = 8;
/// Oniguruma's own default, with which Hugging Face's library stops.
constexpr std::uint64_t kMaxSteps = 10'000'000;
/// About 200 MB.
constexpr unsigned kMaxStackEntries = 4U << 20U;
constexpr std::size_t kMaxPatternBytes = 64U << 10U;

/// What Oniguruma writes while it matches: one set per thread, reused.
struct Scratch {
  OnigRegion* region = onig_region_new();
  OnigMatchParam* limits = onig_new_match_param();

  Scratch() {
    if (limits == nullptr) return;
    onig_initialize_match_param(limits);
    onig_set_match_stack_limit_size_of_match_param(limits, kMaxStackEntries);
  }
  ~Scratch() {
    onig_free_match_param(limits);
    onig_region_free(region, 1);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
};

const OnigUChar* bytes_of(std::string_view text) {
  return reinterpret_cast<const OnigUChar*>(text.data());
}

Error broken_pattern(const std::string& reason) {
  return {Errc::kInvalidFile, "The regular expression is not valid: " + reason + ".", {}};
}

bool initialize() {
  OnigEncoding utf8 = ONIG_ENCODING_UTF8;
  return onig_initialize(&utf8, 1) == ONIG_NORMAL;
}

}  // namespace

void OnigMatcher::Free::operator()(re_pattern_buffer* pattern) const { onig_free(pattern); }

Result<std::shared_ptr<const Matcher>> OnigMatcher::compile(const std::string& pattern) {
  static const bool is_ready = initialize();
  if (!is_ready) return broken_pattern("Oniguruma cannot be used");
  if (pattern.size() > kMaxPatternBytes) return broken_pattern("it is longer than 64 KiB");
  if (!is_valid_utf8(pattern)) return broken_pattern("it is not valid UTF-8");
  const std::string translated = in_todays_dialect(pattern);
  OnigRegex compiled = nullptr;
  OnigErrorInfo info{};
  const int code =
      onig_new(&compiled, bytes_of(translated), bytes_of(translated) + translated.size(),
               ONIG_OPTION_NONE, ONIG_ENCODING_UTF8, ONIG_SYNTAX_ONIGURUMA, &info);
  if (code != ONIG_NORMAL) {
    std::array<OnigUChar, ONIG_MAX_ERROR_MESSAGE_LEN> message{};
    const int length = onig_error_code_to_str(message.data(), code, &info);
    return broken_pattern(
        {reinterpret_cast<const char*>(message.data()), static_cast<std::size_t>(length)});
  }
  return std::shared_ptr<const Matcher>(new OnigMatcher(Pattern(compiled)));
}

Found OnigMatcher::find(std::string_view text, std::size_t from, std::uint64_t& effort,
                        ByteRange& match) const {
  thread_local Scratch scratch;
  if (scratch.region == nullptr || scratch.limits == nullptr) return Found::kGaveUp;
  const OnigUChar* begin = bytes_of(text);
  const OnigUChar* end = begin + text.size();
  for (std::uint64_t steps = kFreeSteps;; steps *= kMoreSteps) {
    onig_set_retry_limit_in_match_of_match_param(scratch.limits, std::min(steps, kMaxSteps));
    onig_set_retry_limit_in_search_of_match_param(scratch.limits, steps);
    const int at = onig_search_with_param(pattern_.get(), begin, end, begin + from, end,
                                          scratch.region, ONIG_OPTION_NONE, scratch.limits);
    if (at == ONIG_MISMATCH) return Found::kNothing;
    if (at >= 0) {
      match = {static_cast<std::size_t>(scratch.region->beg[0]),
               static_cast<std::size_t>(scratch.region->end[0])};
      return Found::kMatch;
    }
    const bool is_short = at == ONIGERR_RETRY_LIMIT_IN_SEARCH_OVER ||
                          (at == ONIGERR_RETRY_LIMIT_IN_MATCH_OVER && steps < kMaxSteps);
    if (!is_short || effort < steps * kMoreSteps) return Found::kGaveUp;
    effort -= steps * kMoreSteps;
  }
}

}  // namespace octavo::text
