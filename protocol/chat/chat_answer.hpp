// The answers of POST /v1/chat/completions: chunks as server-sent events, or one `chat.completion`.
// Clients read them with strict types; what breaks which of them stands in the folder's README.
#pragma once

#include <memory>
#include <vector>

#include "protocol/completion_fields.hpp"
#include "protocol/http_answer.hpp"

namespace octavo {

std::unique_ptr<HttpAnswer> make_chat_answer(const AnswerOptions& options);

/// A chunk for each event: the role with the first token, then text, then why it ended; after them
/// the usage where it is asked for, and `[DONE]`.
class ChatChunks final : public HttpAnswer {
 public:
  explicit ChatChunks(const AnswerOptions& options) : HttpAnswer("messages"), options_(options) {}
  bool is_stream() const override { return true; }
  void encode(const Response& response, const ResponseEvent& event,
              std::vector<std::string>& frames) override;
  std::string finish() override;

 private:
  AnswerOptions options_;
  std::vector<std::size_t> num_tokens_sent_;  ///< By choice; for return_token_ids.
};

class ChatCompletion final : public HttpAnswer {
 public:
  explicit ChatCompletion(const AnswerOptions& options)
      : HttpAnswer("messages"), options_(options) {}
  bool is_stream() const override { return false; }
  void encode(const Response& response, const ResponseEvent& event,
              std::vector<std::string>& frames) override;
  std::string finish() override { return std::move(body_); }

 private:
  AnswerOptions options_;
  std::string body_;
};

}  // namespace octavo
