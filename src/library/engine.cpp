#include <algorithm>

#include "src/library/octavo.hpp"
#include "src/library/public_values.hpp"
#include "src/response/prompt.hpp"

namespace octavo {
namespace {

/// Inside, errors are values; the public header throws them.
template <class T>
T value_of(Result<T> result) {
  if (!result) throw engine_error(result.error());
  return std::move(*result);
}

LocalModel load(const EngineOptions& options) {
  const ModelOptions model = model_options(options);
  if (auto checked = check_model_folder(model.model); !checked) throw engine_error(checked.error());
  ExecutorOptions executor = value_of(executor_options(model));
  executor.progress = options.on_progress;
  LocalModel loaded = value_of(
      complete_model(value_of(load_warm_executor(executor)), model, {options.chat_template, {}}));
  // Its requests are the program's own: there is no crowd to be kept out.
  loaded.config.max_num_waiting = 1 << 30;
  return loaded;
}

const Tokenizer& tokenizer_of(const ServedModel& model) {
  if (model.tokenizer != nullptr) return *model.tokenizer;
  throw EngineError(ErrorKind::kUnsupported, "the model has no tokenizer.json", "model");
}

}  // namespace

struct Engine::State {
  explicit State(const EngineOptions& options)
      : model(load(options)), info(info_of(model)), generator(model) {}

  void check_may_step() const {
    if (!is_stepping) return;
    throw EngineError(ErrorKind::kMisuse,
                      "a listener may submit and cancel requests, not run steps");
  }

  bool step() {
    check_may_step();
    is_stepping = true;
    const auto take = [this] {
      is_stepping = false;
      for (auto& [request, generation] : generator.take_ended())
        ended.push_back(completion_of(request.value, generation));
    };
    try {
      const bool goes_on = generator.step();
      take();
      return goes_on;
    } catch (...) {
      take();
      throw;
    }
  }

  LocalModel model;
  EngineInfo info;
  LocalGenerator generator;  ///< After the model, which it runs on.
  std::vector<Completion> ended;
  bool is_stepping = false;
};

Engine::Engine(const EngineOptions& options) : state_(std::make_unique<State>(options)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Completion Engine::generate(GenerateRequest request) {
  state_->check_may_step();  // Before anything is queued.
  const RequestHandle handle = submit(std::move(request));
  const auto is_it = [&](const Completion& each) { return each.request == handle; };
  auto& ended = state_->ended;
  auto found = ended.end();
  while ((found = std::ranges::find_if(ended, is_it)) == ended.end()) step();
  Completion completion = std::move(*found);
  ended.erase(found);
  if (completion.error) throw *completion.error;
  return completion;
}

RequestHandle Engine::submit(GenerateRequest request) {
  const ServedModel& served = state_->model.served;
  const ResponseCreate create = value_of(create_of(served, request));
  SamplingParams sampling = value_of(complete_sampling(served, create));
  Prompt prompt = value_of(prepare_prompt(served, create, nullptr));
  sampling.constraint = prompt.constraint;
  LocalGenerator::OnText on_text;
  if (request.on_text) {
    on_text = [listener = std::move(request.on_text)](std::int32_t choice, std::string_view text) {
      return listener({text, choice});
    };
  }
  return value_of(state_->generator.submit(std::move(prompt.tokens), sampling, std::move(on_text)))
      .value;
}

void Engine::cancel(RequestHandle request) { state_->generator.cancel(RequestId{request}); }

bool Engine::step() { return state_->step(); }

std::vector<Completion> Engine::take_completions() { return std::exchange(state_->ended, {}); }

std::vector<Completion> Engine::run() {
  while (step()) {
  }
  std::vector<Completion> completions = take_completions();
  std::ranges::sort(completions, {}, &Completion::request);
  return completions;
}

TokenIds Engine::encode(std::string_view text, bool add_special_tokens) const {
  return value_of(tokenizer_of(state_->model.served).encode(text, add_special_tokens));
}

std::string Engine::decode(std::span<const std::int32_t> ids, bool skip_special_tokens) const {
  return tokenizer_of(state_->model.served).decode(ids, skip_special_tokens);
}

TokenIds Engine::prompt_tokens(const PromptInput& prompt) const {
  const ServedModel& served = state_->model.served;
  const ResponseCreate create = value_of(create_of(served, prompt));
  return value_of(prepare_prompt(served, create, nullptr)).tokens;
}

const EngineInfo& Engine::info() const { return state_->info; }

}  // namespace octavo
