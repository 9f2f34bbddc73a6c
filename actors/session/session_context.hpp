// What all sessions of a server share.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "actors/archive/response_archive.hpp"
#include "actors/messages.hpp"
#include "actors/session/desk.hpp"
#include "actors/session/request_owners.hpp"
#include "actors/session/session_limits.hpp"
#include "protocol/metrics.hpp"
#include "src/access/key_account.hpp"
#include "src/core/engine_status.hpp"
#include "src/core/keyed_hash.hpp"
#include "src/response/event_logs.hpp"
#include "src/response/response_store.hpp"
#include "src/response/running_responses.hpp"
#include "src/response/served_model.hpp"

namespace octavo {

class ResponseRunner;

/// The house owns it, and it outlives the sessions.
struct SessionContext {
  const ServedModel& model;
  const SessionLimits& limits;
  Metrics& metrics;
  Address<SchedulerMessage> scheduler;
  Desk& desk;  ///< Where prompts are rendered and tokenized.
  std::atomic<std::uint64_t>& next_request;
  std::string epoch;  ///< Differs with every start of the server; part of response ids.
  std::function<TimePoint()> clock;
  std::function<std::int64_t()> unix_seconds;
  Address<BlockManagerMessage> block_manager;
  const EngineStatus& status;
  HashKey hash_key{};  ///< The server's key for the names of tenants, cache namespaces and others'
                       ///< requests.
  RequestOwners owners{};
  RunningResponses running{};
  /// The recorded events of every response that a client can resume.
  EventLogs event_logs{};
  /// Runners whose client has disconnected while some of its responses still run.
  std::set<ResponseRunner*> detached_runners{};
  /// Writes stored responses to a file. Null when they are kept in memory alone.
  std::unique_ptr<ResponseArchive> archive{};
  /// The account of clients that came without an API key.
  std::shared_ptr<KeyAccount> anonymous = std::make_shared<KeyAccount>("anonymous");
  ResponseStore store{limits.store};  ///< Holds the stored responses of all clients.
  /// Compiling a grammar may take long, and other prompts must not wait for it. So prompts of
  /// answers that need one may be given a desk of their own.
  Desk* grammar_desk = &desk;

  RequestId take_request() { return RequestId{next_request.fetch_add(1)}; }
  /// The id by which clients know the request's response.
  std::string response_id(RequestId request) const;
  /// The id under which the conversation is remembered that the request continues: of its previous
  /// response, or of the compaction that it sends. Nothing when it begins a new conversation.
  /// Errors: kInvalidValue for a compaction that this server has not made for this tenant.
  std::optional<Result<std::string>> parent_of(const ResponseCreate& create) const;
  /// The request of such an id; nothing for an id that this server has not given.
  std::optional<RequestId> request_of(std::string_view response_id) const;
};

}  // namespace octavo
