#include "src/text/onig_matcher.hpp"

#include <oniguruma.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "src/text/onig_dialect.hpp"
#include "src/text/utf8.hpp"

namespace octavo::text {
namespace {

using std::chrono::nanoseconds;

/// Steps back of one match. It is Oniguruma's own default, with which Hugging Face's library stops.
constexpr unsigned long kMaxSteps = 10'000'000;
/// Steps back of a search at the speed of Oniguruma's own. One that needs more goes on place by
/// place, so that the clock can be looked at: not every step is one that Oniguruma counts.
constexpr unsigned long kMaxStepsUnwatched = 1024;
constexpr unsigned kMatchesPerLook = 16;
/// Searches between two at which the clock is looked at, as long as none is slow.
constexpr unsigned kMaxSearchesUnwatched = 255;
constexpr nanoseconds kSlow = std::chrono::milliseconds(1);
/// About 200 MB.
constexpr unsigned kMaxStackEntries = 4U << 20U;
constexpr std::size_t kMaxPatternBytes = 64U << 10U;

}  // namespace

/// What Oniguruma writes while it matches: one set per thread, reused.
struct OnigMatcher::Scratch {
  OnigRegion* region = onig_region_new();
  OnigMatchParam* limits = onig_new_match_param();
  unsigned num_unwatched = 0;  ///< Searches between two at which the clock is looked.
  unsigned until_watched = 0;

  Scratch() {
    if (limits == nullptr) return;
    onig_initialize_match_param(limits);
    onig_set_retry_limit_in_match_of_match_param(limits, kMaxSteps);
    onig_set_match_stack_limit_size_of_match_param(limits, kMaxStackEntries);
  }
  ~Scratch() {
    onig_free_match_param(limits);
    onig_region_free(region, 1);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
};

namespace {

const OnigUChar* bytes_of(std::string_view text) {
  return reinterpret_cast<const OnigUChar*>(text.data());
}

Error broken_pattern(const std::string& reason) {
  return {Errc::kInvalidFile, "The regular expression is not valid: " + reason + ".", {}};
}

nanoseconds processor_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
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
  // A walk would take every place for the one where the search began.
  const bool has_search_start = pattern.find("\\G") != std::string::npos;
  return std::shared_ptr<const Matcher>(new OnigMatcher(Pattern(compiled), has_search_start));
}

// As a search, at the places where a match may begin one after the other.
int OnigMatcher::walk(std::string_view text, std::size_t from, Scratch& scratch,
                      nanoseconds& patience) const {
  const OnigUChar* begin = bytes_of(text);
  const OnigUChar* end = begin + text.size();
  onig_set_retry_limit_in_search_of_match_param(scratch.limits, 0);
  nanoseconds looked = processor_time();
  for (unsigned num_matches = 1;; ++num_matches) {
    const int length = onig_match_with_param(pattern_.get(), begin, end, begin + from,
                                             scratch.region, ONIG_OPTION_NONE, scratch.limits);
    if (length != ONIG_MISMATCH) return length;
    if (from >= text.size()) return ONIG_MISMATCH;
    from += read_utf8(text.substr(from)).length;
    if (num_matches % kMatchesPerLook != 0) continue;
    const nanoseconds now = processor_time();
    patience -= now - std::exchange(looked, now);
    if (patience < nanoseconds(0)) return ONIGERR_RETRY_LIMIT_IN_SEARCH_OVER;
  }
}

FindResult OnigMatcher::find(std::string_view text, std::size_t from, nanoseconds& patience,
                             ByteRange& match) const {
  thread_local Scratch scratch;
  if (scratch.region == nullptr || scratch.limits == nullptr) return FindResult::kGaveUp;
  const OnigUChar* begin = bytes_of(text);
  const OnigUChar* end = begin + text.size();
  const bool is_watched = scratch.until_watched == 0;
  const nanoseconds before = is_watched ? processor_time() : nanoseconds(0);
  onig_set_retry_limit_in_search_of_match_param(scratch.limits,
                                                has_search_start_ ? 0 : kMaxStepsUnwatched);
  int at = onig_search_with_param(pattern_.get(), begin, end, begin + from, end, scratch.region,
                                  ONIG_OPTION_NONE, scratch.limits);
  if (at == ONIGERR_RETRY_LIMIT_IN_SEARCH_OVER) at = walk(text, from, scratch, patience);
  if (is_watched) {
    const nanoseconds took = processor_time() - before;
    if (took > kSlow) patience -= took;
    scratch.num_unwatched =
        took > kSlow ? 0 : std::min(2 * scratch.num_unwatched + 1, kMaxSearchesUnwatched);
  }
  scratch.until_watched = is_watched ? scratch.num_unwatched : scratch.until_watched - 1;
  if (at == ONIG_MISMATCH) return FindResult::kNothing;
  if (at < 0 || patience < nanoseconds(0)) return FindResult::kGaveUp;
  match = {static_cast<std::size_t>(scratch.region->beg[0]),
           static_cast<std::size_t>(scratch.region->end[0])};
  return FindResult::kMatch;
}

}  // namespace octavo::text
