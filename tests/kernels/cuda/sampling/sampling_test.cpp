// The sampler on a GPU against the reference's own functions: equal tokens, equal
// log-probabilities.
#include "tests/kernels/cuda/sampling/random_rows.hpp"
#include "tests/kernels/cuda/sampling/sample_batch.hpp"
#include "tests/kernels/cuda/sampling/sampler_oracle.hpp"

using namespace octavo::kernels;
using namespace octavo::kernels::cuda;

TEST_CASE("cuda: any mix of settings chooses what the reference chooses", "[small]") {
  for (const std::size_t vocab : {1, 17, 512, 4099}) {
    for (const std::size_t n : {1, 3, 16, 17, 150}) {
      check(random_rows(vocab, n, static_cast<std::uint32_t>(vocab + n)), random_tokens(n, vocab));
    }
  }
}

TEST_CASE("cuda: the same at the vocabularies of models") {
  for (const std::size_t vocab : {32000, 128256, 151936, 262144}) {
    for (const std::size_t n : {2, 60}) {
      check(random_rows(vocab, n, static_cast<std::uint32_t>(vocab + n)), random_tokens(n, vocab));
    }
  }
}

TEST_CASE("cuda: a row draws what sorting and summing all of it draws", "[small]") {
  std::mt19937 random(3);
  for (const std::size_t vocab : {1, 17, 4099, 32000, 151936}) {
    for (const std::size_t n : {5, 30}) {
      std::vector<TestRow> tests;
      for (std::size_t i = 0; i < n; ++i) {
        TestRow test = random_row(vocab, n, random);
        test.row.repetition_penalty = 1.0F;
        test.row.presence_penalty = test.row.frequency_penalty = 0.0F;
        test.row.temperature = std::max(test.row.temperature, 0.05F);
        test.bias.clear();
        test.forbidden.clear();
        test.allowed.clear();
        test.row.has_top_of_allowed = false;
        test.row.given = -1;
        test.is_active = true;
        tests.push_back(test);
      }
      const Outcome outcome = run(tests, random_tokens(n, vocab));
      for (std::size_t i = 0; i < n; ++i) {
        const SampleRow& row = tests[i].row;
        CAPTURE(i, vocab, row.temperature, row.top_k, row.top_p, row.min_p, row.seed);
        CHECK(outcome.outputs[i].choice == token_by_sorting(tests[i].logits, device_row(tests[i])));
      }
    }
  }
}

TEST_CASE("cuda: rows without a finite logit, and greedy ties", "[small]") {
  const float nan = std::nanf("");
  for (const std::size_t vocab : {40, 9000}) {
    std::vector<TestRow> tests;
    for (const float temperature : {0.0F, 1.0F}) {
      for (const float value : {nan, -kInfinity, kInfinity, 0.0F}) {
        for (const std::int32_t num_logprobs : {-1, 3}) {
          TestRow test;
          test.row.temperature = temperature;
          test.row.num_logprobs = value == kInfinity ? -1 : num_logprobs;
          test.row.top_p = 0.8F;
          test.logits.assign(vocab, value);
          tests.push_back(test);
          if (std::isfinite(value)) continue;
          test.logits[vocab - 2] = 1.0F;
          test.logits[vocab / 2] = nan;
          tests.push_back(test);
          test.forbidden = {static_cast<std::int32_t>(vocab - 2)};
          tests.push_back(test);
        }
      }
    }
    check(tests, random_tokens(tests.size(), vocab));
  }
}

TEST_CASE("cuda: the best logits are found when few threads have them all", "[small]") {
  // A thread has four neighbours of every 1024: 64 threads have more here than is sorted at a time.
  std::mt19937 random(11);
  for (const std::size_t n : {2, 20}) {
    std::vector<TestRow> tests(n);
    for (TestRow& test : tests) {
      test.logits = logits_of(40000, 1, random);
      for (std::size_t t = 0; t < test.logits.size(); ++t) {
        if (t % 1024 < 256) test.logits[t] += 20.0F;
      }
      test.row.temperature = 0.0F;
      test.row.num_logprobs = kMaxTopLogprobs;
    }
    check(tests, random_tokens(n, 40000));
  }
}

TEST_CASE("cuda: many distinct tokens are counted in windows") {
  std::mt19937 random(5);
  std::vector<TestRow> tests(2);
  for (TestRow& test : tests) {
    test.logits = logits_of(50000, 1, random);
    test.row.temperature = 0.0F;
    test.row.presence_penalty = 0.4F;
    test.row.frequency_penalty = 0.3F;
    for (int i = 0; i < 120000; ++i) test.tokens.push_back(static_cast<int>(random() % 40000));
    test.row.num_prompt_tokens = 7;
  }
  tests[1].row.temperature = 0.7F;
  check(tests, random_tokens(2, 50000));
}

TEST_CASE("cuda: a row does not know its batch, a run not those before it", "[small]") {
  for (const std::size_t vocab : {4099, 12000}) {
    std::vector<TestRow> tests = random_rows(vocab, 40, 77);
    const auto sampled = random_tokens(40, vocab);
    Batch batch(tests, sampled);
    batch.enqueue(nullptr);
    const Outcome first = batch.outcome();
    batch.reset();
    batch.enqueue(nullptr);
    const Outcome second = batch.outcome();
    CHECK(first.sampled == second.sampled);
    for (std::size_t i = 0; i < tests.size(); ++i) {
      if (!tests[i].is_active) continue;
      CAPTURE(i);
      CHECK(is_same(first.outputs[i], second.outputs[i], tests[i]));
      const Outcome alone = run({tests[i]}, sampled);
      CHECK(is_same(first.outputs[i], alone.outputs[0], tests[i]));
    }
  }
}

TEST_CASE("cuda: a recorded graph samples what a stream does", "[small]") {
  const std::size_t vocab = 12000;
  const std::vector<TestRow> tests = random_rows(vocab, 20, 99);
  Batch batch(tests, random_tokens(20, vocab));
  batch.enqueue(nullptr);
  const Outcome first = batch.outcome();
  cudaStream_t stream = nullptr;
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t recorded = nullptr;
  REQUIRE(cudaStreamCreate(&stream) == cudaSuccess);
  REQUIRE(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal) == cudaSuccess);
  batch.enqueue(stream);
  REQUIRE(cudaStreamEndCapture(stream, &graph) == cudaSuccess);
  REQUIRE(cudaGraphInstantiate(&recorded, graph, 0) == cudaSuccess);
  for (int i = 0; i < 3; ++i) {
    batch.reset();
    REQUIRE(cudaGraphLaunch(recorded, stream) == cudaSuccess);
    const Outcome replayed = batch.outcome();
    CHECK(first.sampled == replayed.sampled);
    for (std::size_t k = 0; k < tests.size(); ++k) {
      if (tests[k].is_active) CHECK(is_same(first.outputs[k], replayed.outputs[k], tests[k]));
    }
  }
  cudaGraphExecDestroy(recorded);
  cudaGraphDestroy(graph);
  cudaStreamDestroy(stream);
}
