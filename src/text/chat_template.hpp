// Each model was trained on conversations written down in its own way: runs the template that its
// vendor ships, in a sandbox, and keeps the user's words apart from the template's.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/result.hpp"
#include "src/text/text_span.hpp"

namespace octavo {

struct RenderLimits {
  std::int64_t max_steps = 8'000'000;  ///< Expressions, items and 64-byte parts of strings.
  std::size_t max_output_bytes = 32U << 20U;
  int max_depth = 300;  ///< Expressions, blocks and macros at once.
};

/// Immutable; safe to use from several threads.
class ChatTemplate {
 public:
  /// source: Jinja as chat templates use it. Errors: kTemplateError with the line.
  [[nodiscard]] static Result<std::shared_ptr<const ChatTemplate>> parse(const std::string& source);

  /// context: the template's variables. Every string in `messages`, `tools` and `documents` is the
  /// user's, apart from plain role names; all the others are trusted. `now`, an ISO 8601 time, is
  /// not a variable but the clock of `strftime_now`, which does not exist without it. Errors:
  /// kTemplateError: with the line where the template failed; with its own message where it raised.
  [[nodiscard]] Result<std::vector<TextSpan>> render(const boost::json::object& context,
                                                     RenderLimits limits = {}) const;

  /// Whether the template reads this name of its context. Its functions are no variables.
  bool has_variable(std::string_view name) const;

  ~ChatTemplate();
  ChatTemplate(const ChatTemplate&) = delete;
  ChatTemplate& operator=(const ChatTemplate&) = delete;

 private:
  struct Tree;
  explicit ChatTemplate(std::unique_ptr<const Tree> tree);
  std::unique_ptr<const Tree> tree_;
};

}  // namespace octavo
