#include "actors/http/compact_route.hpp"

#include "actors/archive/find_stored.hpp"
#include "actors/session/request_log.hpp"
#include "protocol/compact_body.hpp"
#include "src/core/out_of_memory.hpp"

namespace octavo {
namespace {

// The conversation as if its last message had just been answered: what comes next goes on there.
Result<RememberedResponse> memory_of(const ServedModel& model, const ResponseCreate& create,
                                     const RememberedResponse* parent) {
  auto prompt = prepare_prompt(model, create, parent);
  if (!prompt) return prompt.error();
  RememberedResponse memory;
  memory.messages = std::move(prompt->messages);
  memory.prompt_text = std::move(prompt->text);
  memory.tokens = std::move(prompt->tokens);
  memory.settings = create.settings();
  memory.settings.generate = false;
  return memory;
}

}  // namespace

asio::awaitable<HttpReply> CompactRoute::answer(std::string body, std::uint64_t tenant) const {
  auto parsed = parse_compact(body, context_.limits.max_json_depth);
  if (!parsed) co_return error_reply(parsed.error());
  if (auto checked = check_model(context_.model, *parsed); !checked)
    co_return error_reply(checked.error());
  parsed->tenant = tenant;
  const auto create = std::make_shared<const ResponseCreate>(std::move(*parsed));
  auto finding = find_parent(context_, executor_, context_.parent_of(*create), tenant);
  auto parent = co_await std::move(finding);
  if (!parent) co_return error_reply(parent.error());
  auto preparing = prepare(create, std::move(*parent), tenant);
  const Made made = co_await std::move(preparing);
  if (made == nullptr) co_return error_reply({Errc::kServerDraining, "", ""});
  if (!*made) co_return error_reply(made->error());
  const auto memory = std::make_shared<RememberedResponse>(std::move(**made));
  memory->id = "cmp_" + context_.response_id(context_.take_request()).substr(5);
  auto keeping = keep_memory(context_, executor_, memory);
  const Result<void> kept = co_await std::move(keeping);
  if (!kept) co_return error_reply(kept.error());
  Usage usage;
  usage.num_prompt_tokens = static_cast<std::int64_t>(memory->tokens.size());
  co_return json_reply(compact_body(memory->id,
                                    compaction_handle(context_.hash_key, tenant, memory->id),
                                    context_.unix_seconds(), usage));
}

asio::awaitable<CompactRoute::Made> CompactRoute::prepare(
    std::shared_ptr<const ResponseCreate> create, std::shared_ptr<const RememberedResponse> parent,
    std::uint64_t tenant) const {
  const auto answers = std::make_shared<Mailbox<Made>>(executor_);
  const std::uint64_t owner = tenant != 0 ? tenant : context_.owners.next_watcher();
  const auto job = [&model = context_.model, create, parent, reply_to = answers->address()] {
    reply_to.send(std::make_shared<Result<RememberedResponse>>(
        or_out_of_memory([&] { return memory_of(model, *create, parent.get()); })));
  };
  context_.desk.post(owner, job);
  auto answer = co_await answers->receive();
  co_return answer ? std::move(*answer) : nullptr;
}

}  // namespace octavo
