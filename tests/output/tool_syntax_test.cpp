#include "src/output/tool_syntax.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/support/catch.hpp"

namespace octavo {
namespace {

std::string template_of(const std::string& name) {
  const std::filesystem::path tests = std::getenv("OCTAVO_TESTS_DIR");
  std::ifstream file(tests / "text/data/chat-templates/jinja" / (name + ".jinja"));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_CASE("the templates of the vendors tell how their models call") {
  const std::map<std::string, std::string> expected{
      {"Qwen-Qwen2.5-7B-Instruct", "hermes"},
      {"Qwen-Qwen3-0.6B", "hermes"},
      {"Qwen-QwQ-32B", "hermes"},
      {"NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use", "hermes"},
      {"Qwen3-Coder", "qwen3_coder"},
      {"GLM-4.6", "glm45"},
      {"meta-llama-Llama-3.1-8B-Instruct", "llama3_json"},
      {"meta-llama-Llama-3.2-3B-Instruct", "llama3_json"},
      {"mistralai-Mistral-Nemo-Instruct-2407", "mistral"},
      {"Mistral-Small-3.2-24B-Instruct-2506", "mistral_v11"},
      {"llama-cpp-deepseek-r1", "deepseek_v3"},
      {"deepseek-ai-DeepSeek-R1-Distill-Qwen-32B", "deepseek_v3"},
      {"deepseek-ai-DeepSeek-V3.1", "deepseek_v31"},
      {"openai-gpt-oss-120b", "openai"},
      {"ibm-granite-granite-3.3-2B-Instruct", "granite"},
      {"Kimi-K2-Instruct", "kimi_k2"},
      {"ByteDance-Seed-OSS", "seed_oss"},
      {"NVIDIA-Nemotron-Nano-v2", "nemotron_json"},
      {"google-gemma-2-2b-it", "hermes"},
  };
  for (const auto& [name, syntax] : expected) {
    const std::string source = template_of(name);
    INFO(name);
    REQUIRE(!source.empty());
    CHECK(tool_syntax_of(source).name == syntax);
  }
}

TEST_CASE("every syntax is found by the name that its list tells") {
  std::stringstream names{std::string(tool_syntax_names())};
  int count = 0;
  for (std::string name; std::getline(names >> std::ws, name, ','); ++count) {
    REQUIRE(find_tool_syntax(name) != nullptr);
    CHECK(find_tool_syntax(name)->name == name);
    CHECK(!find_tool_syntax(name)->openers.empty());
  }
  CHECK(count >= 14);
  CHECK(find_tool_syntax("morse") == nullptr);
}

}  // namespace
}  // namespace octavo
