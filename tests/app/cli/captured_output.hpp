// What a command prints, kept from the terminal.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <string>

namespace octavo::testing {

/// What `print` writes to standard output.
template <class Print>
std::string output_of(const Print& print) {
  std::fflush(stdout);
  const int terminal = ::dup(STDOUT_FILENO);
  std::FILE* file = std::tmpfile();
  ::dup2(::fileno(file), STDOUT_FILENO);
  print();
  std::fflush(stdout);
  ::dup2(terminal, STDOUT_FILENO);
  ::close(terminal);
  const off_t size = ::lseek(::fileno(file), 0, SEEK_END);
  std::string text(static_cast<std::size_t>(size), '\0');
  const ssize_t count = ::pread(::fileno(file), text.data(), text.size(), 0);
  text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  std::fclose(file);
  return text;
}

}  // namespace octavo::testing
