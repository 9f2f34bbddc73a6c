// A command line that a test writes as a list of words.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

namespace octavo::testing {

/// What the parser says against these words; empty: nothing.
inline std::string fault_of(CLI::App& app, std::vector<std::string> words) {
  std::reverse(words.begin(), words.end());
  try {
    app.parse(std::move(words));
    return "";
  } catch (const CLI::ParseError& error) {
    return error.get_exit_code() == 0 ? "" : error.what();
  }
}

/// A flag with numbers: the least and the largest that it takes, and what lies beyond.
struct NumberCase {
  std::string flag;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

}  // namespace octavo::testing
