#include "src/library/local_model.hpp"

#include <filesystem>

#include "src/core/unix_time.hpp"
#include "src/core/utf8.hpp"
#include "src/library/text_file.hpp"
#include "src/runtime/load_executor.hpp"
#include "src/runtime/warm_up.hpp"

namespace octavo {
namespace {

namespace fs = std::filesystem;

}  // namespace

Result<void> check_model_folder(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return {};
  return Error{Errc::kIo,
               "`" + path +
                   "` is not a directory: MODEL is a folder in the Hugging Face layout "
                   "(config.json, *.safetensors)",
               "model"};
}

Result<std::unique_ptr<ModelExecutor>> load_warm_executor(const ExecutorOptions& options) {
  auto loaded = load_executor(options);
  if (loaded && (*loaded)->is_asynchronous()) {
    if (auto warm = warm_up(**loaded, options.max_num_seqs); !warm) return warm.error();
  }
  return loaded;
}

void take_model_facts(ServedModel& served, const ModelInfo& info) {
  served.vocab_size = static_cast<std::int32_t>(info.vocab_size);
  served.temperature = info.defaults.temperature;
  served.top_p = info.defaults.top_p;
  served.top_k = info.defaults.top_k;
  served.min_p = info.defaults.min_p;
  served.repetition_penalty = info.defaults.repetition_penalty;
  served.max_tokens = info.defaults.max_new_tokens;
}

Result<ServedModel> read_served_model(const std::string& path,
                                      const std::vector<std::string>& served_names,
                                      const ModelInfo& info, const SchedulerConfig& config,
                                      const ChatTemplateOptions& templates) {
  ServedModel served;
  const fs::path folder = fs::path(path).lexically_normal();
  if (!served_names.empty()) {
    served.name = served_names.front();
    served.aliases.assign(served_names.begin() + 1, served_names.end());
  }
  if (served.name.empty())
    served.name = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
  served.name = replace_broken_utf8(served.name);  // A folder may be called anything.
  std::error_code ignored;
  served.root = replace_broken_utf8(fs::absolute(folder, ignored).string());
  served.created_at = unix_seconds();
  served.max_model_len = config.max_model_len;
  take_model_facts(served, info);
  auto tokenizer = Tokenizer::load(path);
  if (!tokenizer) return tokenizer.error();
  served.tokenizer = std::move(*tokenizer);
  if (auto read = read_chat_templates(served, templates); !read) return read.error();
  served.grammar = GrammarEngine::make(served.tokenizer, served.vocab_size,
                                       info.defaults.eos_token_ids, served.mark_tokens);
  return served;
}

Result<LocalModel> complete_model(std::unique_ptr<ModelExecutor> executor,
                                  const ModelOptions& options,
                                  const ChatTemplateOptions& templates) {
  LocalModel model;
  const ModelInfo& info = executor->info();
  auto config = scheduler_config(options, info);
  if (!config) return config.error();
  model.config = std::move(*config);
  std::error_code ignored;
  if (fs::exists(fs::path(options.model) / "tokenizer.json", ignored)) {
    auto served = read_served_model(options.model, {}, info, model.config, templates);
    if (!served) return served.error();
    model.served = std::move(*served);
  } else {
    take_model_facts(model.served, info);
  }
  model.executor = std::move(executor);
  return model;
}

std::string vocabulary_warning(std::int32_t tokenizer_vocab_size, std::int64_t model_vocab_size) {
  if (tokenizer_vocab_size <= model_vocab_size) return "";
  return "the tokenizer is larger than the model: its ids end at " +
         std::to_string(tokenizer_vocab_size - 1) + " and the model's at " +
         std::to_string(model_vocab_size - 1) + ", so a prompt with a token above that is refused";
}

}  // namespace octavo
