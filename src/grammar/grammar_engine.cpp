#include "src/grammar/grammar_engine.hpp"

#include <dlpack/dlpack.h>
#include <time.h>
#include <xgrammar/xgrammar.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "src/core/utf8.hpp"
#include "src/grammar/compile_budget.hpp"
#include "src/grammar/continuation_tokens.hpp"
#include "src/grammar/schema_check.hpp"

namespace octavo {
namespace {

// Between two parts of JSON: enough to print it prettily, while a model that has lost its way
// cannot go on with blanks for ever.
constexpr int kMaxBlanks = 8;

// Where a text can be read in many ways, every token takes longer than the one before, and all
// answers wait for it. So following one answer may take this much of the thread's processor time,
// and this much more for each token; what is usual takes a hundredth of it.
constexpr std::chrono::nanoseconds kPatience = std::chrono::milliseconds(250);
constexpr std::chrono::nanoseconds kPatiencePerToken = std::chrono::milliseconds(5);

/// The processor time that following an answer may still take. To ask for a thread's processor time
/// is a call of the system, which took as long as a mask. So the time of day is looked at instead
/// until something has taken long by that, for whatever reason.
class Patience {
 public:
  bool is_over() const { return left_ < left_.zero(); }
  void grow() { left_ += kPatiencePerToken; }

  template <class Work>
  auto spend_on(const Work& work) {
    const bool is_watched = is_watched_;
    const auto began = time(is_watched);
    const auto result = work();
    const auto took = time(is_watched) - began;
    if (is_watched) left_ -= took;
    is_watched_ = is_watched || took > kUnwatched;
    return result;
  }

 private:
  static constexpr std::chrono::nanoseconds kUnwatched = std::chrono::milliseconds(1);

  static std::chrono::nanoseconds time(bool of_processor) {
    timespec time{};
    clock_gettime(of_processor ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }

  std::chrono::nanoseconds left_ = kPatience;
  bool is_watched_ = false;
};

// Bytes of a forced text that are looked for at once: each costs a mask.
constexpr std::size_t kMaxForcedBytes = 256;

/// What the library has warned of while this thread compiled: something that it leaves out.
thread_local std::string warning_of_thread;

/// What the matchers of a constraint have in common.
struct Rule {
  xgrammar::CompiledGrammar grammar;
  std::vector<TokenId> stop_token_ids;
  std::shared_ptr<const Tokenizer> tokenizer;

  std::int32_t vocab_size() const { return grammar.GetTokenizerInfo().GetVocabSize(); }
};

class XgrammarMatcher final : public TokenMatcher {
 public:
  XgrammarMatcher(std::shared_ptr<const Rule> rule, xgrammar::GrammarMatcher matcher,
                  Patience patience = {})
      : rule_(std::move(rule)), matcher_(std::move(matcher)), patience_(patience) {}

  bool accept(TokenId token) override {
    if (matcher_.IsTerminated()) return true;  // What follows the end is nobody's.
    if (patience_.is_over()) return false;
    const bool is_allowed = patience_.spend_on([&] { return matcher_.AcceptToken(token); });
    patience_.grow();
    return is_allowed && !patience_.is_over();
  }
  void fill(std::span<std::uint32_t> allowed) override {
    std::ranges::fill(allowed, 0xFFFFFFFFU);
    if (matcher_.IsTerminated()) return;
    std::int64_t shape[1] = {static_cast<std::int64_t>(allowed.size())};
    DLTensor mask{};
    mask.data = allowed.data();
    mask.device = {kDLCPU, 0};
    mask.ndim = 1;
    mask.dtype = {kDLInt, 32, 1};
    mask.shape = shape;
    patience_.spend_on([&] { return matcher_.FillNextTokenBitmask(&mask); });
  }
  std::vector<TokenId> forced(std::span<const std::uint32_t> allowed) override {
    if (matcher_.IsTerminated() || patience_.is_over()) return {};
    const std::string text = only_text(allowed);
    if (text.empty()) return {};
    std::vector<TokenId> tokens = continuation_tokens(*rule_->tokenizer, rule_->vocab_size(), text);
    const auto is_stop = [this](TokenId token) {
      return std::ranges::find(rule_->stop_token_ids, token) != rule_->stop_token_ids.end();
    };
    if (std::ranges::any_of(tokens, is_stop)) return {};
    return tokens;
  }
  std::unique_ptr<TokenMatcher> fork() const override {
    return std::make_unique<XgrammarMatcher>(rule_, matcher_.Fork(), patience_);
  }

 private:
  bool take(const std::string& text) {
    return patience_.spend_on([&] { return matcher_.AcceptString(text); });
  }

  // The library finds such a text too, but without a bound, which a grammar may not have either,
  // and it looks among characters alone, where a token may be named as well.
  std::string only_text(std::span<const std::uint32_t> allowed) {
    std::string text;
    std::vector<std::uint32_t> next;
    while (text.size() < kMaxForcedBytes && !patience_.is_over()) {
      const auto byte = only_byte(allowed);
      if (!byte || !take(std::string(1, *byte))) break;
      text.push_back(*byte);
      next.resize(allowed.size());
      fill(next);
      allowed = next;
    }
    matcher_.Rollback(static_cast<int>(text.size()));
    return text;
  }

  // What every token that may be next begins with. Within a string or a number two that begin
  // otherwise are soon found.
  std::optional<char> only_byte(std::span<const std::uint32_t> allowed) const {
    std::optional<char> byte;
    for (std::size_t word = 0; word < allowed.size(); ++word) {
      for (std::uint32_t bits = allowed[word]; bits != 0; bits &= bits - 1) {
        const auto token = static_cast<TokenId>(word * 32) + std::countr_zero(bits);
        if (token >= rule_->vocab_size()) break;
        const std::string_view bytes = rule_->tokenizer->token_bytes(token);
        if (bytes.empty() || rule_->tokenizer->is_special(token)) return std::nullopt;
        if (byte && *byte != bytes.front()) return std::nullopt;
        byte = bytes.front();
      }
    }
    return byte;
  }

  std::shared_ptr<const Rule> rule_;
  xgrammar::GrammarMatcher matcher_;
  Patience patience_;  ///< Once it is over the matcher has given up.
};

class XgrammarConstraint final : public TokenConstraint {
 public:
  explicit XgrammarConstraint(Rule rule) : rule_(std::make_shared<const Rule>(std::move(rule))) {}
  std::unique_ptr<TokenMatcher> begin() const override {
    std::vector<int> stops(rule_->stop_token_ids.begin(), rule_->stop_token_ids.end());
    return std::make_unique<XgrammarMatcher>(
        rule_, xgrammar::GrammarMatcher(rule_->grammar, std::move(stops)));
  }

 private:
  std::shared_ptr<const Rule> rule_;
};

xgrammar::TokenizerInfo tokenizer_info(const Tokenizer& tokenizer, std::int32_t vocab_size,
                                       const std::vector<TokenId>& eos_token_ids,
                                       const std::vector<TokenId>& mark_tokens) {
  std::vector<std::string> bytes(static_cast<std::size_t>(vocab_size));
  // A control token is no text: without bytes it is allowed nowhere but as the end.
  for (TokenId id = 0; id < vocab_size; ++id) {
    if (!tokenizer.is_special(id))
      bytes[static_cast<std::size_t>(id)] = std::string(tokenizer.token_bytes(id));
  }
  // The library leaves a token without bytes out wherever it stands, so one that may be named has
  // bytes that are in no text.
  for (const TokenId id : mark_tokens)
    bytes.at(static_cast<std::size_t>(id)) = "\xFF" + std::to_string(id);
  std::vector<std::int32_t> stops(eos_token_ids.begin(), eos_token_ids.end());
  return {bytes, xgrammar::VocabType::RAW, vocab_size, std::move(stops), false};
}

class XgrammarEngine final : public GrammarEngine {
 public:
  XgrammarEngine(std::shared_ptr<const Tokenizer> tokenizer, std::int32_t vocab_size,
                 std::vector<TokenId> eos_token_ids, const std::vector<TokenId>& mark_tokens,
                 GrammarLimits limits)
      : tokenizer_(std::move(tokenizer)),
        eos_token_ids_(std::move(eos_token_ids)),
        limits_(limits),
        max_time_(limits.max_time + vocab_size * limits.max_time_per_token),
        compiler_(tokenizer_info(*tokenizer_, vocab_size, eos_token_ids_, mark_tokens), 1, true,
                  static_cast<std::int64_t>(limits.max_cache_bytes)) {}

  Result<std::shared_ptr<const TokenConstraint>> compile(
      const OutputFormat& format, const std::vector<TokenId>& stop_token_ids) const override {
    if (format.source.size() > limits_.max_source_bytes) {
      return Error{Errc::kInvalidValue,
                   format.param + " must be at most " + std::to_string(limits_.max_source_bytes) +
                       " bytes long",
                   format.param};
    }
    if (format.kind == OutputKind::kJsonSchema) {
      if (auto checked = check(format); !checked) return checked.error();
    }
    warning_of_thread.clear();
    std::optional<xgrammar::CompiledGrammar> grammar;
    try {
      CompileBudget budget(max_time_);
      const WatchedAllocations watched(budget);
      grammar = compiled(format);
    } catch (const CompileBudget::Over&) {
      forget_refused(format.source.size());
      return too_slow(format.param);
    } catch (const std::exception& error) {
      forget_refused(format.source.size());
      return Error{Errc::kInvalidValue,
                   format.param + " cannot be used: " + quotable(error.what(), 300), format.param};
    }
    if (!warning_of_thread.empty()) {
      return Error{Errc::kUnsupportedParameter,
                   format.param + " cannot be enforced: " + quotable(warning_of_thread, 300),
                   format.param};
    }
    std::vector<TokenId> stops = eos_token_ids_;
    stops.insert(stops.end(), stop_token_ids.begin(), stop_token_ids.end());
    return std::make_shared<const XgrammarConstraint>(
        Rule{std::move(*grammar), std::move(stops), tokenizer_});
  }

 private:
  Error too_slow(const std::string& param) const {
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(max_time_).count();
    return {Errc::kInvalidValue,
            param + " would take more than " + std::to_string(limit) +
                " ms to compile: use fewer members, fewer alternatives or shorter repetitions",
            param};
  }

  // The library's cache keeps what was refused, too, and does not count it.
  void forget_refused(std::size_t num_bytes) const {
    constexpr std::size_t kMaxRefusedBytes = std::size_t{8} << 20;
    if (num_refused_bytes_.fetch_add(num_bytes) + num_bytes < kMaxRefusedBytes) return;
    num_refused_bytes_ = 0;
    compiler_.ClearCache();
  }

  static Result<void> check(const OutputFormat& format) {
    boost::system::error_code error;
    boost::json::parse_options options;
    options.max_depth = 256;
    const auto schema = boost::json::parse(format.source, error, {}, options);
    if (error)
      return Error{Errc::kInvalidValue, format.param + " is not JSON: " + error.message(),
                   format.param};
    return check_schema(schema, format.param);
  }

  xgrammar::CompiledGrammar compiled(const OutputFormat& format) const {
    switch (format.kind) {
      case OutputKind::kJsonObject:
        return compiler_.CompileJSONSchema(R"({"type":"object","additionalProperties":true})", true,
                                           std::nullopt, std::nullopt, false, kMaxBlanks);
      case OutputKind::kJsonSchema:
        return compiler_.CompileJSONSchema(format.source, true, std::nullopt, std::nullopt,
                                           format.is_strict, kMaxBlanks);
      case OutputKind::kRegex:
        return compiler_.CompileRegex(format.source);
      case OutputKind::kTags:
        return compiler_.CompileStructuralTag(format.source);
      default:
        return compiler_.CompileGrammar(format.source);
    }
  }

  std::shared_ptr<const Tokenizer> tokenizer_;
  std::vector<TokenId> eos_token_ids_;
  GrammarLimits limits_;
  std::chrono::nanoseconds max_time_;
  mutable std::atomic<std::size_t> num_refused_bytes_ = 0;
  mutable xgrammar::GrammarCompiler compiler_;  ///< Safe to use from several threads.
};

}  // namespace

std::shared_ptr<const GrammarEngine> GrammarEngine::make(std::shared_ptr<const Tokenizer> tokenizer,
                                                         std::int32_t vocab_size,
                                                         std::vector<TokenId> eos_token_ids,
                                                         const std::vector<TokenId>& mark_tokens,
                                                         GrammarLimits limits) {
  if (tokenizer == nullptr) return nullptr;
  return std::make_shared<const XgrammarEngine>(std::move(tokenizer), vocab_size,
                                                std::move(eos_token_ids), mark_tokens, limits);
}

}  // namespace octavo

namespace xgrammar {

// The library is built to give its words to whoever uses it, and declares these for that.
[[noreturn]] void LogFatalImpl(const std::string&, int, const std::string& message);
void LogMessageImpl(const std::string&, int, int level, const std::string& message);

void LogFatalImpl(const std::string&, int, const std::string& message) {
  throw std::runtime_error(message);
}

void LogMessageImpl(const std::string&, int, int level, const std::string& message) {
  constexpr int kWarning = 2;
  if (level >= kWarning) octavo::warning_of_thread = message;
}

}  // namespace xgrammar
