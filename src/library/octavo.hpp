// A language model inside your own program: loads a model's folder and writes text with it, many
// requests side by side in one continuously re-formed batch, without a server or a network.
//
//     octavo::Engine engine({.model = "/path/to/Llama-3.2-1B-Instruct"});
//     engine.submit({.prompt = octavo::Messages{{"user", "Tell me a story."}}});
//     engine.submit({.prompt = "Once upon a time", .sampling = {.max_tokens = 50}});
//     for (const auto& each : engine.run()) std::puts(each.choices[0].text.c_str());
//
// Build with `g++ -std=c++20 my.cpp $(pkg-config --cflags --libs octavo)`. This header needs the
// standard library alone.
//
// Errors are exceptions (EngineError): constructors and most calls return what they are asked for,
// a caller seldom has an answer of its own to a damaged file or a request that is too long, and
// C++20 has no std::expected. One request's failure in a batch is not thrown, so that it costs the
// others nothing: it stands in that request's Completion.
//
// Threads: an engine is used by one thread at a time. Its calls that are const may come from any
// thread at any time, also while another one runs steps. Engines of one process know nothing of one
// another: each takes its own memory and its own compute threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#define OCTAVO_API __attribute__((visibility("default")))

namespace octavo {

enum class ErrorKind : std::uint8_t {
  kInvalidValue,           ///< An option or a parameter is out of range, or a prompt has no tokens.
  kUnsupported,            ///< The model or this build cannot do it; also a model without a chat
                           ///< template that is sent messages.
  kContextLengthExceeded,  ///< Longer than the model's context or the whole cache.
  kInvalidFile,            ///< A file of the model is missing, damaged or contradictory.
  kTemplateError,          ///< The chat template failed, or refused the messages.
  kIo,                     ///< The operating system refused to open or read something.
  kOutOfMemory,            ///< The memory asked for could not be had.
  kEngineError,            ///< The device failed while it worked.
  kMisuse,                 ///< A call at a moment when it is not allowed: the program's own fault.
};

/// what() is one line for a person that names the fix where there is one.
class OCTAVO_API EngineError : public std::runtime_error {
 public:
  EngineError(ErrorKind kind, const std::string& what, std::string parameter = "");
  EngineError(const EngineError&) = default;
  EngineError& operator=(const EngineError&) = default;
  ~EngineError() override;

  ErrorKind kind() const noexcept { return kind_; }
  /// The member of EngineOptions, SamplingOptions or GenerateRequest at fault; empty when none.
  const std::string& parameter() const noexcept { return parameter_; }

 private:
  ErrorKind kind_;
  std::string parameter_;
};

/// How a model is loaded. Names and meanings are those of the flags of `octavo serve`.
struct EngineOptions {
  std::string model;  ///< A folder in the Hugging Face layout: config.json, *.safetensors,
                      ///< tokenizer.json. Without the last, prompts are token ids.
  std::string device = "auto";            ///< auto (a GPU where there is one), cpu, cuda, cuda:N
  std::int32_t tensor_parallel_size = 1;  ///< GPUs that share the model, from `device` on.
  std::string dtype = "auto";  ///< Of the weights: auto (as stored), float32, float16, bfloat16.
  std::string kv_cache_dtype = "auto";  ///< Of keys and values: auto (as dtype), a dtype, fp8.
  std::string quantization = "none";    ///< none; fp8 on a GPU
  std::string load_format = "auto";     ///< auto, safetensors; dummy: random weights
  std::int32_t threads = 0;             ///< Compute threads on a CPU; 0: all cores.
  std::int32_t block_size = 16;         ///< Tokens per block of keys and values.
  std::int32_t max_model_len = 0;  ///< Tokens of prompt and completion together; 0: the model's, or
                                   ///< what the cache holds if that is less.
  std::int32_t max_num_seqs = 256;          ///< Sequences in one batch.
  std::int32_t max_num_batched_tokens = 0;  ///< Of one step; 0: 512, on a GPU 8192.
  std::uint64_t kv_cache_memory = 0;    ///< Bytes; 0: on a CPU half of the free memory, 4 GiB at
                                        ///< most; on a GPU what gpu_memory_utilization leaves.
  double gpu_memory_utilization = 0.9;  ///< Share of a GPU's memory, (0, 1].
  std::uint64_t swap_space = std::uint64_t{1} << 30;  ///< Bytes on the host for blocks that
                                                      ///< were moved out.
  bool enable_prefix_caching = true;  ///< Requests that begin alike compute the beginning once.
  std::uint64_t seed = 0;             ///< For requests that bring none.
  std::string chat_template{};        ///< A file that replaces the model's own; empty: none.
  /// Hears how much of the weights has been read, in bytes, in the thread that loads. May be empty.
  std::function<void(std::size_t done, std::size_t total)> on_progress{};
};

struct ChatMessage {
  std::string role;  ///< system, user or assistant; others as the model's template knows them
  std::string content;
};
using Messages = std::vector<ChatMessage>;
using TokenIds = std::vector<std::int32_t>;
/// A text for the model as it is, a conversation that its chat template renders, or token ids.
using PromptInput = std::variant<std::string, Messages, TokenIds>;

/// How tokens are chosen. What is left open takes the recommendation of the model's
/// generation_config.json, where it has one, else the value named here.
struct SamplingOptions {
  std::optional<double> temperature{};         ///< [0, 2]; 0 is greedy. Else 1.
  std::optional<double> top_p{};               ///< [0, 1]. Else 1.
  std::optional<std::int32_t> top_k{};         ///< 0 or -1: all. Else all.
  std::optional<double> min_p{};               ///< [0, 1]. Else 0.
  std::optional<double> repetition_penalty{};  ///< (0, 10]; over prompt and completion. Else 1.
  double presence_penalty = 0;                 ///< [-2, 2], once per token of the completion.
  double frequency_penalty = 0;                ///< [-2, 2], per occurrence in the completion.
  std::optional<std::int32_t> max_tokens{};    ///< Of a completion; 0: as many as fit. Else 128.
  std::int32_t min_tokens = 0;                 ///< Nothing stops it before that many.
  bool ignore_eos = false;                     ///< Goes on to max_tokens.
  std::vector<std::string> stop{};             ///< End the text, and are cut from it.
  TokenIds stop_token_ids{};                   ///< End it like an end-of-sequence token.
  std::optional<std::uint64_t> seed{};         ///< On a CPU, and on a GPU in float32, a seed gives
                                               ///< the same tokens whatever else runs.
  std::int32_t n = 1;                          ///< Choices, 1 .. 8; they share the prompt's blocks.
  std::vector<std::pair<std::int32_t, float>> logit_bias{};  ///< (token id, [-100, 100])
  std::int32_t top_logprobs = -1;  ///< -1: no log-probabilities; 0: of the chosen tokens; k <= 20:
                                   ///< of the k best beside them as well.
  std::int32_t beam_width = 0;     ///< 1 .. 16: beam search, whose n best are the choices. 0: none.
  float length_penalty = 1;        ///< A hypothesis' score is log-probability / length^penalty.
  /// The answer is JSON by this schema: its objects have what it names and nothing more. Of this
  /// member and the next one at most is set. Errors: kUnsupported in a build without xgrammar.
  std::string json_schema{};
  std::string regex{};  ///< The whole answer matches this expression.
};

/// What is new of a text: whole characters in UTF-8, nothing that may yet become a stop string.
struct TextPiece {
  std::string_view text;  ///< Until the listener returns.
  std::int32_t choice = 0;
};
/// Whether to go on; false cancels the request. Runs in the thread that runs the steps; may submit
/// and cancel, not run steps. An exception cancels the request and leaves by step(), which has then
/// done all the rest of its work.
using OnText = std::function<bool(const TextPiece&)>;

struct GenerateRequest {
  PromptInput prompt;
  SamplingOptions sampling{};
  OnText on_text{};  ///< May be empty.
};

/// Names a request of its engine.
using RequestHandle = std::uint64_t;

enum class StopReason : std::uint8_t {
  kStop,       ///< An end-of-sequence token, a stop token or a stop string.
  kLength,     ///< max_tokens, or the context length.
  kCancelled,  ///< cancel(), or a listener that did not want to go on.
  kError,      ///< The engine failed under it: `Completion::error` says why.
};

struct TokenProbability {
  std::int32_t token = 0;
  float logprob = 0;  ///< Natural logarithm, of the model's distribution before any filter.
};

/// What came of a request.
struct Completion {
  struct Choice {
    std::string text;    ///< UTF-8; empty for a model without a tokenizer.
    TokenIds token_ids;  ///< Without the token that stopped it.
    StopReason stop_reason = StopReason::kStop;
    std::vector<TokenProbability> logprobs;  ///< One per token of token_ids, where asked for.
    std::vector<std::vector<TokenProbability>> top_logprobs;  ///< Per token the best, best first.
    std::optional<float> score;                               ///< Of a beam search's hypothesis.
  };
  RequestHandle request = 0;
  std::vector<Choice> choices;  ///< `SamplingOptions::n` of them, of a beam search best first.
  std::int64_t num_prompt_tokens = 0;
  std::int64_t num_completion_tokens = 0;  ///< Over all choices, stop tokens included.
  std::int64_t num_cached_tokens = 0;      ///< Of the prompt, found in the cache.
  std::optional<EngineError> error;        ///< The choices hold what there was by then.
};

/// What was loaded, and what it can take.
struct EngineInfo {
  std::string architecture;  ///< As config.json names it.
  std::string device;        ///< For a person.
  std::string dtype;         ///< Of the weights.
  std::int32_t vocab_size = 0;
  std::int32_t max_model_len = 0;  ///< Tokens of prompt and completion together.
  std::int32_t block_size = 0;     ///< Tokens per block.
  std::int64_t num_blocks = 0;     ///< Of the cache.
  bool has_tokenizer = false;
  bool has_chat_template = false;
  std::vector<std::string> warnings;  ///< What of the model's files is not followed; to be logged.
};

class OCTAVO_API Engine {
 public:
  /// Reads the weights and takes all memory. Errors: EngineError of every kind but
  /// kContextLengthExceeded and kTemplateError.
  explicit Engine(const EngineOptions& options);
  /// What still runs is cancelled, without a word to its listener.
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// One request to its end; others that were submitted go on meanwhile, and their completions wait
  /// for run() or take_completions(). Errors: those of submit(), the request's own, and what a
  /// listener threw, its own or another's.
  Completion generate(GenerateRequest request);

  /// Takes a request, which begins with the next step. Errors: EngineError with the parameter at
  /// fault, for all that can be known beforehand; nothing is queued then.
  RequestHandle submit(GenerateRequest request);
  /// Ends a request at the next step, with what it has by then; one that has ended stays as it is.
  void cancel(RequestHandle request);
  /// One step of all that was submitted: at most one token more for each sequence, or a part of a
  /// prompt. False when nothing is left to do. Errors: what a listener threw.
  bool step();
  /// Those that ended since the last call, in the order in which they ended.
  std::vector<Completion> take_completions();
  /// Steps until nothing is left. The completions that were not taken yet, in the order in which
  /// they were submitted.
  std::vector<Completion> run();

  /// The tokens of a text, control tokens written in it included. add_special_tokens: with what the
  /// model's tokenizer puts around a text, such as BOS. Broken UTF-8 counts as U+FFFD. Errors:
  /// kUnsupported for a model without a tokenizer; so for the next three.
  TokenIds encode(std::string_view text, bool add_special_tokens = true) const;
  /// The text of tokens, in UTF-8 with U+FFFD for broken characters; ids out of range stand for
  /// nothing.
  std::string decode(std::span<const std::int32_t> ids, bool skip_special_tokens = true) const;
  /// The very tokens that a request with this prompt gives the model, chat template and special
  /// tokens included. Errors: as submit().
  TokenIds prompt_tokens(const PromptInput& prompt) const;
  /// How many these are.
  std::size_t count_tokens(const PromptInput& prompt) const { return prompt_tokens(prompt).size(); }

  const EngineInfo& info() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace octavo
