// What a request leaves open is the served model's, and what that leaves open has a default.
#include "src/response/served_model.hpp"

#include <functional>

#include "src/response/prompt.hpp"
#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

ServedModel model_with(const std::function<void(ServedModel&)>& change = {}) {
  ServedModel model;
  model.vocab_size = 100;
  if (change) change(model);
  return model;
}

SamplingParams completed(const ServedModel& model, const ResponseCreate& create) {
  const auto sampling = complete_sampling(model, create);
  REQUIRE(sampling.has_value());
  return *sampling;
}

/// A model with a default for everything that it may have one for.
ServedModel opinionated() {
  return model_with([](ServedModel& model) {
    model.temperature = 0.5F;
    model.top_p = 0.75F;
    model.top_k = 20;
    model.repetition_penalty = 1.25F;
    model.min_p = 0.125;
    model.max_tokens = 40;
  });
}

}  // namespace

TEST_CASE("where neither model nor request say anything sampling has its defaults") {
  CHECK(completed(model_with(), {}) == SamplingParams{});
}

TEST_CASE("the model's defaults stand for what a request leaves open") {
  const SamplingParams sampling = completed(opinionated(), {});
  CHECK(sampling.temperature == 0.5F);
  CHECK(sampling.top_p == 0.75F);
  CHECK(sampling.top_k == 20);
  CHECK(sampling.repetition_penalty == 1.25F);
  CHECK(sampling.min_p == 0.125);
  CHECK(sampling.max_tokens == 40);
}

TEST_CASE("a default number of tokens gives way to a request that wants more of them") {
  ResponseCreate create;
  create.sampling.min_tokens = 41;
  CHECK(completed(opinionated(), create).max_tokens == 0);
  create.max_tokens = 41;
  CHECK(completed(opinionated(), create).max_tokens == 41);
}

TEST_CASE("a request's own values come first, one by one, zero among them") {
  ResponseCreate create;
  create.temperature = 0.0F;
  create.top_k = 0;
  create.min_p = 0.0;
  create.max_tokens = 7;
  const SamplingParams sampling = completed(opinionated(), create);
  CHECK(sampling.temperature == 0.0F);
  CHECK(sampling.top_k == 0);
  CHECK(sampling.min_p == 0.0);
  CHECK(sampling.max_tokens == 7);
  CHECK(sampling.top_p == 0.75F);
  create.top_p = 1.0F;
  create.repetition_penalty = 1.0F;
  CHECK(completed(opinionated(), create).top_p == 1.0F);
  CHECK(completed(opinionated(), create).repetition_penalty == 1.0F);
}

TEST_CASE("a beam is searched without the model's penalty, but with a fault for its own") {
  ResponseCreate create;
  create.sampling.beam_width = 2;
  CHECK(completed(opinionated(), create).repetition_penalty == 1.0F);
  CHECK(completed(opinionated(), create).temperature == 0.5F);
  create.repetition_penalty = 1.25F;
  const auto refused = complete_sampling(opinionated(), create);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().param == "repetition_penalty");
}

TEST_CASE("a request without output computes its prompt and one token, whatever else it asks") {
  ResponseCreate create;
  create.generate = false;
  create.max_tokens = 50;
  create.sampling.min_tokens = 10;
  create.sampling.n = 4;
  create.sampling.beam_width = 8;
  const SamplingParams sampling = completed(model_with(), create);
  CHECK(sampling.max_tokens == 1);
  CHECK(sampling.min_tokens == 0);
  CHECK(sampling.n == 1);
  CHECK_FALSE(sampling.is_beam_search());
}

TEST_CASE("ranges are checked once the defaults are in, ids by the model's vocabulary") {
  const auto at_fault = [](const ServedModel& model, const ResponseCreate& create) {
    const auto sampling = complete_sampling(model, create);
    return sampling ? std::string() : sampling.error().param;
  };
  ResponseCreate create;
  create.top_p = 1.5;
  CHECK(at_fault(model_with(), create) == "top_p");
  const ServedModel hot = model_with([](ServedModel& model) { model.temperature = 3.0F; });
  CHECK(at_fault(hot, {}) == "temperature");
  ResponseCreate stop;
  stop.sampling.stop_token_ids = {99};
  CHECK(at_fault(model_with(), stop).empty());
  stop.sampling.stop_token_ids = {100};
  CHECK(at_fault(model_with(), stop) == "stop_token_ids");
}
