#define PCRE2_CODE_UNIT_WIDTH 8
#include "src/text/regex.hpp"

#include <pcre2.h>

#include <algorithm>
#include <cstdint>

namespace octavo::text {
namespace {

constexpr std::size_t kJitStackStartBytes = 32 * 1024;
constexpr std::size_t kJitStackMaxBytes = 16 * 1024 * 1024;
constexpr std::uint64_t kBaseMatchLimit = 10'000'000;
constexpr std::uint64_t kMatchLimitPerByte = 64;

/// What PCRE2 writes while it matches: one set per thread, reused.
struct MatchScratch {
  pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack = pcre2_jit_stack_create(kJitStackStartBytes, kJitStackMaxBytes, nullptr);

  MatchScratch() {
    if (context != nullptr) pcre2_jit_stack_assign(context, nullptr, stack);
  }
  ~MatchScratch() {
    pcre2_jit_stack_free(stack);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
  }
  MatchScratch(const MatchScratch&) = delete;
  MatchScratch& operator=(const MatchScratch&) = delete;
};

void set_limits(pcre2_match_context* context, std::size_t length) {
  const std::uint64_t limit = kBaseMatchLimit + kMatchLimitPerByte * length;
  pcre2_set_match_limit(context,
                        static_cast<std::uint32_t>(std::min<std::uint64_t>(limit, UINT32_MAX)));
}

}  // namespace

Regex::Regex(pcre2_real_code_8* code) : code_(code, [](auto* p) { pcre2_code_free(p); }) {}

Result<Regex> Regex::compile(const std::string& pattern) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                    PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &offset, nullptr);
  if (code == nullptr) {
    PCRE2_UCHAR message[160] = {};
    pcre2_get_error_message(error, message, sizeof message);
    return Error{Errc::kInvalidFile,
                 "The regular expression is not valid at byte " + std::to_string(offset) + ": " +
                     reinterpret_cast<const char*>(message) + ".",
                 {}};
  }
  // Without a JIT for this machine the interpreter does the same work, only slower.
  static_cast<void>(pcre2_jit_compile(code, PCRE2_JIT_COMPLETE));
  return Regex(code);
}

Result<Regex> Regex::literal(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    const bool is_plain = (static_cast<unsigned char>(c) & 0x80U) != 0 || c == '_' ||
                          (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z');
    if (!is_plain) pattern.push_back('\\');
    pattern.push_back(c);
  }
  return compile(pattern);
}

void Regex::for_each_match(std::string_view text,
                           const std::function<void(ByteRange)>& on_match) const {
  thread_local MatchScratch scratch;
  if (scratch.data == nullptr || scratch.context == nullptr) return;
  set_limits(scratch.context, text.size());
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  std::size_t at = 0;
  while (at < text.size()) {
    const int rc = pcre2_match(code_.get(), subject, text.size(), at,
                               PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, scratch.data, scratch.context);
    if (rc < 0) return;
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(scratch.data);
    const ByteRange range{bounds[0], bounds[1]};
    if (range.end <= at || range.begin >= range.end) return;
    on_match(range);
    at = range.end;
  }
}

}  // namespace octavo::text
