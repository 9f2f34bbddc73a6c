// Reads a template and its variables in each line of standard input and writes what Octavo makes of
// them.
#include <boost/json.hpp>
#include <iostream>
#include <string>

#include "tests/text/jinja/judged.hpp"

int main() {
  namespace json = boost::json;
  for (std::string line; std::getline(std::cin, line);) {
    const auto judged_case = json::parse(line).as_object();
    const auto source = json::value_to<std::string>(judged_case.at("template"));
    const auto& context = judged_case.at("context").as_object();
    std::cout << json::serialize(octavo::testing::answer_to(source, context)) << "\n";
  }
  return 0;
}
