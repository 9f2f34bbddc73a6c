// A list of flags does not say how they go together; an example below it does.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace octavo {

/// Ends the command's --help with lines that can be typed as they are.
inline void add_examples(CLI::App& command, const std::vector<std::string>& lines) {
  std::string text = lines.size() == 1 ? "Example:" : "Examples:";
  for (const std::string& line : lines) text += "\n  " + line;
  command.footer(text);
}

}  // namespace octavo
