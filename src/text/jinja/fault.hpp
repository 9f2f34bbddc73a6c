// A template, or what it computes, is at fault: thrown anywhere inside the room and caught by
// `ChatTemplate`, which makes an `Error` of it.
#pragma once

#include <string>
#include <utility>

namespace octavo::jinja {

struct TemplateFault {
  std::string message;
  int line = 0;  ///< 0: not known yet; the interpreter fills it in.
};

[[noreturn]] inline void fail(std::string message, int line = 0) {
  throw TemplateFault{std::move(message), line};
}

}  // namespace octavo::jinja
