// The engine inside a program, without a server: streams one answer, then runs several requests
// side by side, and shows how a refusal looks. After `make install`:
//
//     g++ -std=c++20 embedded.cpp $(pkg-config --cflags --libs octavo) -o embedded
//     ./embedded MODEL        # a folder in the Hugging Face layout
#include <cstdio>
#include <exception>
#include <octavo/octavo.hpp>
#include <string>
#include <vector>

namespace {

void stream_a_story(octavo::Engine& engine) {
  const std::string question = "Tell me a story about a fox named Pip.";
  std::printf("> %s\n", question.c_str());
  const auto print = [](const octavo::TextPiece& piece) {
    std::printf("%.*s", static_cast<int>(piece.text.size()), piece.text.data());
    std::fflush(stdout);
    return true;  // False would end the story here.
  };
  const octavo::Completion story = engine.generate({.prompt = octavo::Messages{{"user", question}},
                                                    .sampling = {.temperature = 0.7, .seed = 1},
                                                    .on_text = print});
  std::printf("\n(%lld tokens read, %lld written)\n",
              static_cast<long long>(story.num_prompt_tokens),
              static_cast<long long>(story.num_completion_tokens));
}

/// All of them are in each step's batch: together they take little longer than one.
void run_a_batch(octavo::Engine& engine) {
  const std::vector<std::string> animals{"a fox", "an owl", "a mouse"};
  for (const std::string& animal : animals) {
    engine.submit({.prompt = octavo::Messages{{"user", "Tell me a story about " + animal + "."}},
                   .sampling = {.temperature = 0, .max_tokens = 12, .stop = {"."}}});
  }
  const std::vector<octavo::Completion> completions = engine.run();
  for (std::size_t i = 0; i < completions.size(); ++i)
    std::printf("%s: %s\n", animals[i].c_str(), completions[i].choices.front().text.c_str());
}

void be_refused(octavo::Engine& engine) {
  const auto too_many = static_cast<std::size_t>(engine.info().max_model_len) + 1;
  try {
    engine.generate({.prompt = octavo::TokenIds(too_many, 1)});
  } catch (const octavo::EngineError& error) {
    std::printf("refused: %s\n", error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s MODEL\n", argv[0]);
    return 2;
  }
  try {
    octavo::Engine engine({.model = argv[1]});
    std::printf("%s on %s, %zu tokens in \"Once upon a time\"\n",
                engine.info().architecture.c_str(), engine.info().device.c_str(),
                engine.count_tokens("Once upon a time"));
    stream_a_story(engine);
    run_a_batch(engine);
    be_refused(engine);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return 1;
  }
  return 0;
}
