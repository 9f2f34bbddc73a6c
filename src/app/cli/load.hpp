// From command-line options to a model that is ready: weights, tokenizer, template, and the limits
// that follow.
#pragma once

#include <memory>

#include "src/app/cli/flags/options.hpp"
#include "src/response/served_model.hpp"
#include "src/runtime/model_executor.hpp"
#include "src/scheduler/scheduler_config.hpp"

namespace octavo {

/// `octavo serve` and friends without a MODEL run the demo model: beside the binary's installation,
/// or in the source tree it was built from. Errors: kIo when it is in neither place.
[[nodiscard]] Result<std::string> resolve_model_path(const std::string& model);

/// Reads weights with a progress line on standard error when that is a terminal; a device that
/// works by itself is warm then. spans: outlives the executor, may be null.
[[nodiscard]] Result<std::unique_ptr<ModelExecutor>> load_executor(const ModelOptions& options,
                                                                   SpanSink* spans = nullptr);

/// The options as the runtime takes them, checked. Errors: kInvalidValue, naming the flag.
[[nodiscard]] Result<ExecutorOptions> executor_options(const ModelOptions& options);

/// The limits that the scheduler plans within. Errors: kInvalidValue when --max-model-len is larger
/// than the cache.
[[nodiscard]] Result<SchedulerConfig> scheduler_config(const ModelOptions& options,
                                                       const ModelInfo& info);

/// What a request is held to and what it leaves open, of a model with a tokenizer or without one.
void take_model_facts(ServedModel& served, const ModelInfo& info);

/// chat_template_file: replaces the model's own when not empty.
[[nodiscard]] Result<ServedModel> load_served_model(const std::string& path,
                                                    const std::vector<std::string>& served_names,
                                                    const ModelInfo& info,
                                                    const SchedulerConfig& config,
                                                    const std::string& chat_template_file,
                                                    const ChatFormatFlags& format_flags = {});

/// How the model writes what it thinks and calls, from its templates or by flags. The tokenizer is
/// there already. Errors: kInvalidValue.
[[nodiscard]] Result<void> take_chat_format(ServedModel& served, std::string_view template_source,
                                            const ChatFormatFlags& flags);

/// A sentence for whoever starts a model whose tokenizer has ids that the model does not know;
/// empty when all is well.
std::string vocabulary_warning(std::int32_t tokenizer_vocab_size, std::int64_t model_vocab_size);

/// A template, a list of messages and the like. Errors: kIo, for a folder too; kInvalidFile when it
/// is too large to be one.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path);

}  // namespace octavo
