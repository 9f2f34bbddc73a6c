#include <boost/json.hpp>
#include <set>
#include <sstream>

#include "src/text/chat_template.hpp"
#include "tests/support/catch.hpp"
#include "tests/text/data_files.hpp"

namespace octavo {
namespace {

namespace json = boost::json;

constexpr const char* kClock = "2024-07-26T12:00:00";

/// What the template writes, or "raises: " and its message.
std::string render_text(const std::string& source, const json::object& context) {
  const auto chat_template = ChatTemplate::parse(source);
  if (!chat_template) return "does not parse: " + chat_template.error().message();
  const auto spans = (*chat_template)->render(context);
  if (!spans) return "raises: " + spans.error().message();
  std::string text;
  for (const TextSpan& span : *spans) text += span.text;
  return text;
}

std::vector<std::filesystem::path> template_folders() {
  std::vector<std::filesystem::path> folders;
  for (const auto& root : testing::data_roots()) folders.push_back(root / "chat-templates");
  return folders;
}

json::object recorded_context(const json::value& cases, const std::string& name) {
  json::object context = cases.at("cases").at(name).as_object();
  for (const char* absent : {"tools", "documents"}) {
    if (!context.contains(absent)) context[absent] = nullptr;
  }
  context["bos_token"] = cases.at("bos_token");
  context["eos_token"] = cases.at("eos_token");
  context["now"] = kClock;
  return context;
}

}  // namespace

TEST_CASE("every recorded conversation renders as Jinja renders it", "[text]") {
  for (const auto& folder : template_folders()) {
    const auto cases = testing::read_json(folder / "cases.json");
    std::istringstream lines(testing::read_file(folder / "rendered.jsonl"));
    int num_lines = 0;
    std::set<std::string> templates;
    for (std::string line; std::getline(lines, line); ++num_lines) {
      const json::value recorded = json::parse(line);
      const auto name = json::value_to<std::string>(recorded.at("template"));
      const auto case_name = json::value_to<std::string>(recorded.at("case"));
      CAPTURE(name, case_name);
      templates.insert(name);
      const std::string text = render_text(testing::read_file(folder / "jinja" / name),
                                           recorded_context(cases, case_name));
      if (const json::value* expected = recorded.as_object().if_contains("expected")) {
        CHECK(text == json::value_to<std::string>(*expected));
      } else {
        const auto message = json::value_to<std::string>(recorded.at("raises"));
        CHECK(text.starts_with("raises: "));
        CHECK(text.ends_with(message));
      }
    }
    CHECK(num_lines == 134);
    CHECK(templates.size() == 28);
  }
}

TEST_CASE("every third-party conversation renders as Jinja renders it", "[text]") {
  for (const auto& folder : template_folders()) {
    const auto cases = testing::read_json(folder / "third-party-cases.json");
    int num_cases = 0;
    for (const auto& item : cases.as_array()) {
      if (item.at("python_jinja2").as_string() != "same") continue;
      ++num_cases;
      CAPTURE(item.at("name").as_string().c_str());
      json::object context;
      for (const char* key :
           {"messages", "tools", "add_generation_prompt", "bos_token", "eos_token"}) {
        if (const json::value* value = item.as_object().if_contains(key)) context[key] = *value;
      }
      CHECK(render_text(json::value_to<std::string>(item.at("template")), context) ==
            json::value_to<std::string>(item.at("expected")));
    }
    CHECK(num_cases == 24);
  }
}

TEST_CASE("every small template gives what Jinja gives", "[text]") {
  const auto cases =
      testing::read_json(testing::shipped_data() / "chat-templates/jinja-engine-cases.json");
  int num_cases = 0;
  for (const auto& item : cases.as_array()) {
    if (item.at("python_jinja2").as_string() != "same") continue;
    ++num_cases;
    CAPTURE(item.at("name").as_string().c_str());
    CHECK(render_text(json::value_to<std::string>(item.at("template")),
                      item.at("vars").as_object()) ==
          json::value_to<std::string>(item.at("expect")));
  }
  CHECK(num_cases == 165);
}

}  // namespace octavo
