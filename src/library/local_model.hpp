// A model that is ready in this process: weights and memory on their device, the limits that
// follow, tokenizer and chat template. What the server, the commands and an embedding program start
// from.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/library/chat_templates.hpp"
#include "src/library/executor_options.hpp"
#include "src/response/served_model.hpp"

namespace octavo {

struct LocalModel {
  std::unique_ptr<ModelExecutor> executor;
  SchedulerConfig config;
  ServedModel served;  ///< Of a folder without tokenizer.json: the limits and defaults alone.
};

/// Errors: kIo when the path is no folder.
[[nodiscard]] Result<void> check_model_folder(const std::string& path);

/// Reads the weights and takes all memory; a device that works by itself is warm then. Errors:
/// those of the runtime's load_executor().
[[nodiscard]] Result<std::unique_ptr<ModelExecutor>> load_warm_executor(
    const ExecutorOptions& options);

/// What a request is held to and what it leaves open, of a model with a tokenizer or without one.
void take_model_facts(ServedModel& served, const ModelInfo& info);

/// served_names: the first is the model's, which is the folder's where there is none.
[[nodiscard]] Result<ServedModel> read_served_model(const std::string& path,
                                                    const std::vector<std::string>& served_names,
                                                    const ModelInfo& info,
                                                    const SchedulerConfig& config,
                                                    const ChatTemplateOptions& templates);

/// The limits, and what stands beside the weights in the folder `options.model`.
[[nodiscard]] Result<LocalModel> complete_model(std::unique_ptr<ModelExecutor> executor,
                                                const ModelOptions& options,
                                                const ChatTemplateOptions& templates);

/// A sentence for whoever starts a model whose tokenizer has ids that the model does not know;
/// empty when all is well.
std::string vocabulary_warning(std::int32_t tokenizer_vocab_size, std::int64_t model_vocab_size);

}  // namespace octavo
