// From command-line options to a model that is ready: as a program has it that embeds the engine
// (src/library), with the demo model for who names none, and with progress and warnings for a
// person.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/library/local_model.hpp"

namespace octavo {

/// `octavo serve` and friends without a MODEL run the demo model: beside the binary's installation,
/// or in the source tree it was built from. Errors: kIo when it is in neither place.
[[nodiscard]] Result<std::string> resolve_model_path(const std::string& model);

/// The same options, with the path in place of the model's name. Errors: as resolve_model_path().
[[nodiscard]] Result<ModelOptions> resolved(ModelOptions options);

/// Reads weights with a progress line on standard error when that is a terminal; a device that
/// works by itself is warm then. spans: outlives the executor, may be null.
[[nodiscard]] Result<std::unique_ptr<ModelExecutor>> load_executor(const ModelOptions& options,
                                                                   SpanSink* spans = nullptr);

/// served_names: none stands for the folder's name, or the demo model's.
[[nodiscard]] Result<ServedModel> load_served_model(const std::string& path,
                                                    std::vector<std::string> served_names,
                                                    const ModelInfo& info,
                                                    const SchedulerConfig& config,
                                                    const ChatTemplateOptions& templates);

}  // namespace octavo
