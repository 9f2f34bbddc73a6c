#define PCRE2_CODE_UNIT_WIDTH 8
#include "src/text/pcre2_matcher.hpp"

#include <pcre2.h>

#include "src/core/error.hpp"

namespace octavo::text {
namespace {

constexpr std::size_t kJitStackStartBytes = 32 * 1024;
constexpr std::size_t kJitStackMaxBytes = 16 * 1024 * 1024;

/// What PCRE2 writes while it matches: one set per thread, reused.
struct Scratch {
  pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack = pcre2_jit_stack_create(kJitStackStartBytes, kJitStackMaxBytes, nullptr);

  Scratch() {
    if (context != nullptr) pcre2_jit_stack_assign(context, nullptr, stack);
  }
  ~Scratch() {
    pcre2_jit_stack_free(stack);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
};

}  // namespace

void Pcre2Matcher::Free::operator()(pcre2_real_code_8* pattern) const { pcre2_code_free(pattern); }

std::shared_ptr<const Matcher> Pcre2Matcher::compile(const std::string& pattern) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                   PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr);
  OCTAVO_ASSERT(code != nullptr);
  // Without a JIT for this machine the interpreter does the same work, only slower.
  static_cast<void>(pcre2_jit_compile(code, PCRE2_JIT_COMPLETE));
  return std::shared_ptr<const Matcher>(new Pcre2Matcher(Pattern(code)));
}

FindResult Pcre2Matcher::find(std::string_view text, std::size_t from, std::chrono::nanoseconds&,
                              ByteRange& match) const {
  thread_local Scratch scratch;
  if (scratch.data == nullptr || scratch.context == nullptr) return FindResult::kGaveUp;
  const int rc = pcre2_match(pattern_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                             from, PCRE2_NO_UTF_CHECK, scratch.data, scratch.context);
  if (rc == PCRE2_ERROR_NOMATCH) return FindResult::kNothing;
  if (rc < 0) return FindResult::kGaveUp;
  const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(scratch.data);
  match = {bounds[0], bounds[1]};
  return FindResult::kMatch;
}

}  // namespace octavo::text
