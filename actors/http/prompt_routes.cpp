#include "actors/http/prompt_routes.hpp"

#include <memory>
#include <utility>

#include "actors/archive/find_stored.hpp"
#include "protocol/create_body.hpp"
#include "protocol/json_body.hpp"
#include "protocol/prompt_request.hpp"
#include "protocol/text_endpoint.hpp"
#include "src/core/out_of_memory.hpp"

namespace octavo {

asio::awaitable<HttpReply> PromptRoutes::answer(RouteName route, std::string body,
                                                std::uint64_t tenant) const {
  Result<Job> job = Job();
  if (route == RouteName::kResponseInputTokens) {
    auto preparing = count_job(std::move(body), tenant);
    job = co_await std::move(preparing);
  } else {
    job = job_of(route, body);
  }
  if (!job) co_return error_reply(job.error());
  using Answer = std::unique_ptr<Result<std::string>>;
  const auto answers = std::make_shared<Mailbox<Answer>>(executor_);
  // A connection asks for one thing at a time, so a client without a key is its request.
  const std::uint64_t owner = tenant != 0 ? tenant : context_.owners.next_watcher();
  context_.desk.post(owner, [job = std::move(*job), reply_to = answers->address()] {
    reply_to.send(std::make_unique<Result<std::string>>(or_out_of_memory(job)));
  });
  auto answer = co_await answers->receive();
  if (!answer) co_return error_reply({Errc::kServerDraining, "", ""});
  if (!**answer) co_return error_reply((*answer)->error());
  co_return json_reply(std::move(***answer));
}

Result<PromptRoutes::Job> PromptRoutes::job_of(RouteName route, std::string_view body) const {
  const ServedModel& model = context_.model;
  if (route == RouteName::kDetokenize) {
    auto tokens = parse_detokenize(body, model, context_.limits.max_json_depth);
    if (!tokens) return tokens.error();
    return Job([&model, tokens = std::move(*tokens)] { return detokenize_body(tokens, model); });
  }
  if (route != RouteName::kTokenize) return render_job(route, body);
  auto request = parse_tokenize(body, context_.limits.max_json_depth);
  if (!request) return request.error();
  if (auto checked = check_model(model, request->create); !checked) return checked.error();
  return Job([&model, request = std::move(*request)]() -> Result<std::string> {
    const auto prompt = prepare_prompt(model, request.create, nullptr);
    if (!prompt) return prompt.error();
    return tokenize_body(request, *prompt, model);
  });
}

Result<PromptRoutes::Job> PromptRoutes::render_job(RouteName route, std::string_view body) const {
  const ServedModel& model = context_.model;
  const bool is_chat = route == RouteName::kChatRender;
  auto request =
      parse_text_request(is_chat ? TextEndpoint::kChatCompletions : TextEndpoint::kCompletions,
                         body, context_.hash_key, context_.limits.max_json_depth);
  if (!request) return request.error();
  if (auto checked = check_model(model, request->creates.front()); !checked) return checked.error();
  return Job([&model, is_chat, creates = std::move(request->creates)]() -> Result<std::string> {
    std::vector<Prompt> prompts;
    for (const ResponseCreate& create : creates) {
      auto prompt = prepare_prompt(model, create, nullptr);
      if (!prompt) return prompt.error();
      prompts.push_back(std::move(*prompt));
    }
    return render_body(prompts, !is_chat);
  });
}

asio::awaitable<Result<PromptRoutes::Job>> PromptRoutes::count_job(std::string body,
                                                                   std::uint64_t tenant) const {
  const auto object = parse_json_object(body, "the body", context_.limits.max_json_depth);
  if (!object) co_return object.error();
  auto create = parse_create(*object, Transport::kHttp);
  if (!create) co_return create.error();
  if (auto checked = check_model(context_.model, *create); !checked) co_return checked.error();
  create->tenant = tenant;
  auto finding = find_parent(context_, executor_, context_.parent_of(*create), tenant);
  auto parent = co_await std::move(finding);
  if (!parent) co_return parent.error();
  co_return Job([&model = context_.model, parent = std::move(*parent),
                 create = std::move(*create)]() -> Result<std::string> {
    const auto prompt = prepare_prompt(model, create, parent.get());
    if (!prompt) return prompt.error();
    return input_tokens_body(*prompt);
  });
}

}  // namespace octavo
