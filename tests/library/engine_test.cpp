// The public header as a program uses it, with the demo model.
#include <cstring>
#include <thread>

#include "src/library/octavo.hpp"
#include "tests/library/tiny_options.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

EngineOptions demo_engine() {
  return {.model = testing::demo_model(),
          .device = "cpu",
          .threads = 1,
          .kv_cache_memory = 32 << 20,
          .swap_space = 0};
}

EngineOptions tiny_engine(const testing::TempFolder& folder) {
  folder.write("config.json", testing::tiny_llama_config());
  return {.model = folder.path(),
          .device = "cpu",
          .load_format = "dummy",
          .threads = 1,
          .kv_cache_memory = 1 << 20,
          .swap_space = 0};
}

const Messages kStory{{"user", "Tell me a story about a fox named Pip."}};

SamplingOptions greedy(std::int32_t max_tokens) {
  return {.temperature = 0, .max_tokens = max_tokens};
}

/// The error with which this is refused.
template <class Call>
EngineError refusal_of(const Call& call) {
  try {
    call();
  } catch (const EngineError& error) {
    return error;
  }
  FAIL("nothing was refused");
  return {ErrorKind::kMisuse, ""};
}

}  // namespace

TEST_CASE("an engine answers a text, a conversation and token ids, and says what it read") {
  Engine engine(demo_engine());
  const Completion chat = engine.generate({.prompt = kStory, .sampling = greedy(30)});
  REQUIRE(chat.choices.size() == 1);
  CHECK(chat.choices[0].text.find("Pip") != std::string::npos);
  CHECK(chat.choices[0].stop_reason == StopReason::kLength);
  CHECK(chat.choices[0].token_ids.size() == 30);
  CHECK(chat.num_completion_tokens == 30);
  CHECK(chat.num_prompt_tokens == std::int64_t(engine.count_tokens(kStory)));
  const Completion ids =
      engine.generate({.prompt = engine.prompt_tokens(kStory), .sampling = greedy(30)});
  CHECK(ids.choices[0].text == chat.choices[0].text);
  const Completion text = engine.generate({.prompt = "Once upon a time", .sampling = greedy(5)});
  CHECK(text.num_prompt_tokens == std::int64_t(engine.encode("Once upon a time").size()));
}

TEST_CASE("many requests at once answer as each alone, in the order of their submission") {
  Engine engine(demo_engine());
  std::vector<Messages> chats;
  for (const char* animal : {"a fox", "an owl", "a mouse", "a bear"})
    chats.push_back({{"user", std::string("Tell me a story about ") + animal + "."}});
  std::vector<std::string> alone;
  for (std::size_t i = 0; i < chats.size(); ++i) {
    const auto length = static_cast<std::int32_t>(24 - 6 * i);  // The first ends last.
    alone.push_back(
        engine.generate({.prompt = chats[i], .sampling = greedy(length)}).choices[0].text);
  }
  std::vector<RequestHandle> handles;
  for (std::size_t i = 0; i < chats.size(); ++i) {
    const auto length = static_cast<std::int32_t>(24 - 6 * i);
    handles.push_back(engine.submit({.prompt = chats[i], .sampling = greedy(length)}));
  }
  const auto completions = engine.run();
  REQUIRE(completions.size() == chats.size());
  for (std::size_t i = 0; i < chats.size(); ++i) {
    CHECK(completions[i].request == handles[i]);
    CHECK(completions[i].choices[0].text == alone[i]);
  }
  CHECK(engine.run().empty());
}

TEST_CASE("a program may step by itself and take what has ended") {
  Engine engine(demo_engine());
  const RequestHandle brief = engine.submit({.prompt = kStory, .sampling = greedy(2)});
  const RequestHandle more = engine.submit({.prompt = kStory, .sampling = greedy(20)});
  std::vector<RequestHandle> ended;
  while (engine.step()) {
    for (const Completion& each : engine.take_completions()) ended.push_back(each.request);
    if (!ended.empty()) engine.cancel(more);
  }
  const auto rest = engine.take_completions();
  REQUIRE(rest.size() == 1);
  CHECK(ended == std::vector<RequestHandle>{brief});
  CHECK(rest[0].request == more);
  CHECK(rest[0].choices[0].stop_reason == StopReason::kCancelled);
  engine.cancel(more);  // It has ended: nothing happens.
  CHECK_FALSE(engine.step());
}

TEST_CASE("one answer is waited for while others go on, and theirs are kept") {
  Engine engine(demo_engine());
  const RequestHandle other = engine.submit({.prompt = kStory, .sampling = greedy(3)});
  const Completion mine = engine.generate({.prompt = kStory, .sampling = greedy(12)});
  CHECK(mine.choices[0].token_ids.size() == 12);
  const auto completions = engine.run();
  REQUIRE(completions.size() == 1);
  CHECK(completions[0].request == other);
}

TEST_CASE("a listener hears every choice's text, and submits but does not step") {
  Engine engine(demo_engine());
  std::vector<std::string> heard(2);
  bool was_refused = false;
  const auto listen = [&](const TextPiece& piece) {
    heard.at(static_cast<std::size_t>(piece.choice)) += piece.text;
    if (!was_refused) {
      was_refused = refusal_of([&] { engine.step(); }).kind() == ErrorKind::kMisuse;
      CHECK(refusal_of([&] { engine.generate({.prompt = "Once"}); }).kind() == ErrorKind::kMisuse);
      engine.submit({.prompt = "Once", .sampling = greedy(2)});
    }
    return true;
  };
  const Completion story =
      engine.generate({.prompt = kStory,
                       .sampling = {.temperature = 1, .max_tokens = 20, .seed = 3, .n = 2},
                       .on_text = listen});
  CHECK(was_refused);
  REQUIRE(story.choices.size() == 2);
  CHECK(heard[0] == story.choices[0].text);
  CHECK(heard[1] == story.choices[1].text);
  CHECK(heard[0] != heard[1]);
  CHECK(engine.run().size() == 1);
}

TEST_CASE("a listener that will not go on ends its answer, and its exception reaches the caller") {
  Engine engine(demo_engine());
  const Completion cut =
      engine.generate({.prompt = kStory, .sampling = greedy(40), .on_text = [](const TextPiece&) {
                         return false;
                       }});
  CHECK(cut.choices[0].stop_reason == StopReason::kCancelled);
  CHECK(cut.choices[0].token_ids.size() < 40);
  const auto fall = [](const TextPiece&) -> bool { throw std::length_error("enough"); };
  CHECK_THROWS_AS(engine.generate({.prompt = kStory, .sampling = greedy(9), .on_text = fall}),
                  std::length_error);
  CHECK(engine.run().size() == 1);
  CHECK(engine.generate({.prompt = kStory, .sampling = greedy(9)}).choices[0].token_ids.size() ==
        9);
}

TEST_CASE("log-probabilities come per token, the chosen one among the best of a greedy answer") {
  Engine engine(demo_engine());
  SamplingOptions sampling = greedy(4);
  sampling.top_logprobs = 3;
  const Completion done = engine.generate({.prompt = kStory, .sampling = sampling});
  const Completion::Choice& choice = done.choices[0];
  REQUIRE(choice.logprobs.size() == 4);
  REQUIRE(choice.top_logprobs.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(choice.logprobs[i].token == choice.token_ids[i]);
    CHECK(choice.logprobs[i].logprob <= 0);
    REQUIRE(choice.top_logprobs[i].size() == 3);
    CHECK(choice.top_logprobs[i][0].token == choice.token_ids[i]);
  }
}

TEST_CASE("a beam search answers its best hypotheses with their scores") {
  Engine engine(demo_engine());
  const Completion done =
      engine.generate({.prompt = kStory, .sampling = {.max_tokens = 6, .n = 2, .beam_width = 3}});
  REQUIRE(done.choices.size() == 2);
  REQUIRE(done.choices[0].score.has_value());
  CHECK(*done.choices[0].score >= *done.choices[1].score);
}

TEST_CASE("an answer is by its schema, or the build says that it has none") {
  Engine engine(demo_engine());
  SamplingOptions sampling = greedy(60);
  sampling.json_schema =
      R"({"type": "object", "properties": {"legs": {"type": "integer", "maximum": 8}},
                             "required": ["legs"], "additionalProperties": false})";
#ifdef OCTAVO_GRAMMAR
  const Completion done = engine.generate({.prompt = kStory, .sampling = sampling});
  CHECK(done.choices[0].stop_reason == StopReason::kStop);
  CHECK(done.choices[0].text.find("{\"legs\"") == 0);
  sampling.json_schema = "{";
  const auto broken = refusal_of([&] { engine.submit({.prompt = kStory, .sampling = sampling}); });
  CHECK(broken.parameter() == "json_schema");
#else
  const auto refused = refusal_of([&] { engine.submit({.prompt = kStory, .sampling = sampling}); });
  CHECK(refused.kind() == ErrorKind::kUnsupported);
#endif
}

TEST_CASE("a prompt that is longer than the context is refused with both numbers") {
  EngineOptions options = demo_engine();
  options.max_model_len = 16;
  Engine engine(options);
  CHECK(engine.info().max_model_len == 16);
  const auto error = refusal_of([&] { engine.submit({.prompt = TokenIds(20, 1)}); });
  CHECK(error.kind() == ErrorKind::kContextLengthExceeded);
  CHECK(error.parameter() == "prompt");
  CHECK(std::strstr(error.what(), "20 tokens and the context length is 16") != nullptr);
  CHECK_FALSE(engine.step());
}

TEST_CASE("what is out of range is refused by its own name, and nothing is queued") {
  Engine engine(demo_engine());
  const auto parameter = [&](const SamplingOptions& sampling) {
    const auto error = refusal_of([&] { engine.submit({.prompt = "x", .sampling = sampling}); });
    CHECK(error.kind() == ErrorKind::kInvalidValue);
    return error.parameter();
  };
  CHECK(parameter({.temperature = 9}) == "temperature");
  CHECK(parameter({.top_p = -1}) == "top_p");
  CHECK(parameter({.max_tokens = -1}) == "max_tokens");
  CHECK(parameter({.stop = {""}}) == "stop");
  CHECK(parameter({.n = 9}) == "n");
  CHECK(refusal_of([&] { engine.submit({.prompt = TokenIds{}}); }).parameter() == "prompt");
  CHECK(refusal_of([&] { engine.submit({.prompt = TokenIds{1 << 20}}); }).parameter() == "prompt");
  CHECK_FALSE(engine.step());
}

TEST_CASE("a model that cannot be loaded is an exception that names what is wrong") {
  CHECK(refusal_of([] { Engine engine({.model = "/nowhere"}); }).kind() == ErrorKind::kIo);
  EngineOptions options = demo_engine();
  options.dtype = "int3";
  const auto dtype = refusal_of([&] { Engine engine(options); });
  CHECK(dtype.parameter() == "dtype");
  CHECK(std::strstr(dtype.what(), "--") == nullptr);
  options = demo_engine();
  options.max_model_len = 1 << 20;
  CHECK(refusal_of([&] { Engine engine(options); }).parameter() == "max_model_len");
  for (const std::int32_t wrong : {0, -1}) {
    options = demo_engine();
    options.block_size = wrong;
    CHECK(refusal_of([&] { Engine engine(options); }).parameter() == "block_size");
    options = demo_engine();
    options.max_num_seqs = wrong;
    CHECK(refusal_of([&] { Engine engine(options); }).parameter() == "max_num_seqs");
  }
  const testing::TempFolder empty;
  options = demo_engine();
  options.model = empty.path();
  CHECK(std::strstr(refusal_of([&] { Engine engine(options); }).what(), "config.json") != nullptr);
}

TEST_CASE("a model without a tokenizer takes token ids and gives them") {
  const testing::TempFolder folder;
  Engine engine(tiny_engine(folder));
  CHECK_FALSE(engine.info().has_tokenizer);
  CHECK(engine.info().vocab_size == 6);
  SamplingOptions sampling = greedy(3);
  sampling.ignore_eos = true;
  const Completion done = engine.generate({.prompt = TokenIds{1, 2}, .sampling = sampling});
  CHECK(done.choices[0].text.empty());
  CHECK(done.choices[0].token_ids.size() == 3);
  CHECK(refusal_of([&] { engine.encode("x"); }).kind() == ErrorKind::kUnsupported);
  CHECK(refusal_of([&] { engine.decode(TokenIds{1}); }).kind() == ErrorKind::kUnsupported);
  CHECK(refusal_of([&] { engine.submit({.prompt = "x"}); }).parameter() == "prompt");
}

TEST_CASE("tokens are counted and read from another thread while steps run") {
  Engine engine(demo_engine());
  engine.submit({.prompt = kStory, .sampling = greedy(40)});
  std::string text;
  std::thread reader([&engine = std::as_const(engine), &text] {
    for (int i = 0; i < 50; ++i) text = engine.decode(engine.encode("a fox named Pip", false));
  });
  const auto completions = engine.run();
  reader.join();
  CHECK(completions.size() == 1);
  CHECK(text == "a fox named Pip");
}

TEST_CASE("an engine moves with what it runs, and two of them share nothing") {
  const testing::TempFolder folder;
  Engine first(demo_engine());
  Engine second(tiny_engine(folder));
  first.submit({.prompt = kStory, .sampling = greedy(4)});
  Engine moved(std::move(first));
  second.submit({.prompt = TokenIds{1, 2}, .sampling = greedy(2)});
  CHECK(second.run().size() == 1);
  CHECK(moved.run().size() == 1);
}

TEST_CASE("whoever loads hears how far it is") {
  std::size_t last = 0;
  std::size_t total = 1;
  EngineOptions options = demo_engine();
  options.on_progress = [&](std::size_t done, std::size_t of) {
    CHECK(done >= last);
    last = done;
    total = of;
  };
  const Engine engine(options);
  CHECK(last == total);
  CHECK(engine.info().has_chat_template);
  CHECK(engine.info().architecture == "LlamaForCausalLM");
}
