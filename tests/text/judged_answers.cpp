// Reads a judged case in each line of standard input and writes what Octavo makes of it.
#include <boost/json.hpp>
#include <iostream>
#include <string>

#include "tests/text/judged.hpp"

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto judged_case = boost::json::parse(line).as_object();
    std::cout << boost::json::serialize(octavo::testing::answer_to(judged_case)) << "\n";
  }
  return 0;
}
