#include "src/app/cli/load.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "src/core/bytes.hpp"

namespace octavo {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDemoName = "octavo-demo";

void show_progress(std::size_t done, std::size_t total) {
  std::fprintf(stderr, "\rloading weights %3d%% of %s%s",
               total == 0 ? 100 : static_cast<int>(done * 100 / total), format_bytes(total).c_str(),
               done >= total ? "\n" : "");
}

}  // namespace

Result<std::string> resolve_model_path(const std::string& model) {
  if (!model.empty()) {
    if (auto checked = check_model_folder(model); !checked) return checked.error();
    return model;
  }
  std::error_code ignored;
  const fs::path binary = fs::read_symlink("/proc/self/exe", ignored);
  for (const fs::path& place :
       {binary.parent_path() / "../share/octavo/demo-model", fs::path(OCTAVO_DEMO_MODEL)}) {
    if (fs::exists(place / "config.json", ignored))
      return fs::weakly_canonical(place, ignored).string();
  }
  return Error{Errc::kIo, "the demo model is not where it was built or installed: name a MODEL",
               "model"};
}

Result<ModelOptions> resolved(ModelOptions options) {
  auto path = resolve_model_path(options.model);
  if (!path) return path.error();
  options.model = std::move(*path);
  return options;
}

Result<std::unique_ptr<ModelExecutor>> load_executor(const ModelOptions& options, SpanSink* spans) {
  auto model = resolved(options);
  if (!model) return model.error();
  auto executor = executor_options(*model);
  if (!executor) return executor.error();
  executor->spans = spans;
  if (::isatty(STDERR_FILENO) != 0) executor->progress = show_progress;
  auto loaded = load_warm_executor(*executor);
  if (!loaded) return loaded;
  for (const std::string& warning : (*loaded)->info().defaults.warnings)
    spdlog::warn("{}", warning);
  return loaded;
}

Result<ServedModel> load_served_model(const std::string& path,
                                      std::vector<std::string> served_names, const ModelInfo& info,
                                      const SchedulerConfig& config,
                                      const ChatTemplateOptions& templates) {
  const auto demo = resolve_model_path("");
  const bool is_demo =
      demo && fs::path(path).lexically_normal() == fs::path(*demo).lexically_normal();
  if (served_names.empty() && is_demo) served_names.emplace_back(kDemoName);
  return read_served_model(path, served_names, info, config, templates);
}

}  // namespace octavo
