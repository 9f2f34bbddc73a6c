#include "src/library/public_values.hpp"

#include "tests/library/tiny_options.hpp"
#include "tests/support/byte_tokenizer.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

ServedModel model_with(bool has_template) {
  ServedModel model;
  model.vocab_size = 256;
  model.max_model_len = 100;
  model.tokenizer = testing::byte_tokenizer();
  if (has_template) model.chat_template = ChatTemplate::parse("{{ messages[0].content }}").value();
  return model;
}

}  // namespace

TEST_CASE("an engine's options are a server's flags, with sizes in bytes") {
  const ModelOptions defaults = model_options({});
  const ModelOptions flags;
  CHECK(defaults.device == flags.device);
  CHECK(defaults.dtype == flags.dtype);
  CHECK(defaults.kv_cache_dtype == flags.kv_cache_dtype);
  CHECK(defaults.quantization == flags.quantization);
  CHECK(defaults.load_format == flags.load_format);
  CHECK(defaults.block_size == flags.block_size);
  CHECK(defaults.max_num_seqs == flags.max_num_seqs);
  CHECK(defaults.kv_cache_memory == flags.kv_cache_memory);
  CHECK(defaults.swap_space == flags.swap_space);
  CHECK(defaults.gpu_memory_utilization == flags.gpu_memory_utilization);
  CHECK(defaults.enable_prefix_caching == flags.enable_prefix_caching);
  const ModelOptions set = model_options({.model = "m",
                                          .device = "cpu",
                                          .tensor_parallel_size = 2,
                                          .dtype = "float32",
                                          .kv_cache_dtype = "fp8",
                                          .quantization = "fp8",
                                          .load_format = "dummy",
                                          .threads = 3,
                                          .block_size = 8,
                                          .max_model_len = 9,
                                          .max_num_seqs = 10,
                                          .max_num_batched_tokens = 11,
                                          .kv_cache_memory = 12,
                                          .gpu_memory_utilization = 0.5,
                                          .swap_space = std::uint64_t{1} << 29,
                                          .enable_prefix_caching = false,
                                          .seed = 13});
  CHECK(set.model == "m");
  CHECK(set.device == "cpu");
  CHECK(set.tensor_parallel_size == 2);
  CHECK(set.dtype == "float32");
  CHECK(set.kv_cache_dtype == "fp8");
  CHECK(set.quantization == "fp8");
  CHECK(set.load_format == "dummy");
  CHECK(set.threads == 3);
  CHECK(set.block_size == 8);
  CHECK(set.max_model_len == 9);
  CHECK(set.max_num_seqs == 10);
  CHECK(set.max_num_batched_tokens == 11);
  CHECK(set.kv_cache_memory == "12");
  CHECK(set.gpu_memory_utilization == 0.5);
  CHECK(set.swap_space == 0.5);
  CHECK_FALSE(set.enable_prefix_caching);
  CHECK(set.seed == 13);
}

TEST_CASE("a prompt is a text as it is, a conversation, or ids") {
  const ServedModel model = model_with(true);
  CHECK(create_of(model, PromptInput("hi"))->prompt_text == "hi");
  CHECK(create_of(model, PromptInput(TokenIds{1, 2}))->input_token_ids ==
        std::vector<TokenId>{1, 2});
  const auto chat = create_of(model, PromptInput(Messages{{"user", "a\xFF"}}));
  REQUIRE(chat.has_value());
  REQUIRE(chat->input.size() == 1);
  CHECK(chat->input[0].at("role") == "user");
  CHECK(chat->input[0].at("content") == "a\xEF\xBF\xBD");
}

TEST_CASE("what a model cannot read is refused with what it can") {
  const auto without_template = create_of(model_with(false), PromptInput(Messages{{"user", "x"}}));
  REQUIRE(without_template.has_error());
  CHECK(without_template.error().code == Errc::kUnsupportedParameter);
  CHECK(without_template.error().param == "prompt");
  const ServedModel numbers;
  CHECK(create_of(numbers, PromptInput("hi")).error().detail.find("token ids") !=
        std::string::npos);
  CHECK(create_of(numbers, PromptInput(TokenIds{1})).has_value());
  GenerateRequest request{.prompt = TokenIds{1}};
  request.sampling.stop = {"x"};
  CHECK(create_of(numbers, request).error().param == "stop");
}

TEST_CASE(
    "every sampling option reaches the request, and 128 tokens are enough unless it is said") {
  SamplingOptions options{.temperature = 0.5,
                          .top_p = 0.6,
                          .top_k = 7,
                          .min_p = 0.1,
                          .repetition_penalty = 1.1,
                          .presence_penalty = 0.2,
                          .frequency_penalty = 0.3,
                          .max_tokens = 9,
                          .min_tokens = 2,
                          .ignore_eos = true,
                          .stop = {"a"},
                          .stop_token_ids = {5},
                          .seed = 11,
                          .n = 3,
                          .logit_bias = {{4, 1.5F}},
                          .top_logprobs = 6};
  const ServedModel model = model_with(false);
  const auto create = create_of(model, {.prompt = "x", .sampling = options});
  REQUIRE(create.has_value());
  CHECK(create->temperature == 0.5);
  CHECK(create->top_p == 0.6);
  CHECK(create->top_k == 7);
  CHECK(create->min_p == 0.1);
  CHECK(create->repetition_penalty == 1.1);
  CHECK(create->max_tokens == 9);
  SamplingParams expected;
  expected.presence_penalty = 0.2;
  expected.frequency_penalty = 0.3;
  expected.min_tokens = 2;
  expected.ignore_eos = true;
  expected.stop = {"a"};
  expected.stop_token_ids = {5};
  expected.seed = 11;
  expected.n = 3;
  expected.logit_bias = {{4, 1.5F}};
  expected.num_logprobs = 6;
  CHECK(create->sampling == expected);
  CHECK(create_of(model, GenerateRequest{.prompt = "x"})->max_tokens == 128);
}

TEST_CASE("an answer has one format at most") {
  const ServedModel model = model_with(false);
  GenerateRequest request{.prompt = "x"};
  request.sampling.json_schema = "{}";
  const auto create = create_of(model, request);
  CHECK(create->format.kind == OutputKind::kJsonSchema);
  CHECK(create->format.source == "{}");
  request.sampling.regex = "a+";
  CHECK(create_of(model, request).error().param == "regex");
  request.sampling.json_schema.clear();
  CHECK(create_of(model, request)->format.kind == OutputKind::kRegex);
}

TEST_CASE("an error is said with the names of the header, not of flags or of the wire") {
  const auto check = [](Error error, ErrorKind kind, const char* what, const char* parameter) {
    const EngineError said = engine_error(error);
    CHECK(said.kind() == kind);
    CHECK(said.what() == std::string(what));
    CHECK(said.parameter() == parameter);
  };
  check({Errc::kInvalidValue, "--max-model-len: raise --kv-cache-memory or lower it",
         "max-model-len"},
        ErrorKind::kInvalidValue, "max_model_len: raise kv_cache_memory or lower it",
        "max_model_len");
  check({Errc::kInvalidValue, "min_tokens must be between 0 and max_output_tokens", "min_tokens"},
        ErrorKind::kInvalidValue, "min_tokens must be between 0 and max_tokens", "min_tokens");
  check({Errc::kInvalidValue, "the prompt has no tokens", "input"}, ErrorKind::kInvalidValue,
        "the prompt has no tokens", "prompt");
  check({Errc::kIo, "cannot read `my--file -- here`", ""}, ErrorKind::kIo,
        "cannot read `my--file -- here`", "");
  check({Errc::kUnsupportedModel, "", ""}, ErrorKind::kUnsupported,
        std::string(describe(Errc::kUnsupportedModel)).c_str(), "");
  check({Errc::kOutOfMemory, "x", ""}, ErrorKind::kOutOfMemory, "x", "");
  check({Errc::kTemplateError, "x", ""}, ErrorKind::kTemplateError, "x", "");
  check({Errc::kInvalidFile, "x", ""}, ErrorKind::kInvalidFile, "x", "");
  check({Errc::kEngineError, "x", ""}, ErrorKind::kEngineError, "x", "");
  check({Errc::kContextLengthExceeded, "x", ""}, ErrorKind::kContextLengthExceeded, "x", "");
}
