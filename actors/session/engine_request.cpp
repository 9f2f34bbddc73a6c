#include "actors/session/engine_request.hpp"

#include <algorithm>

namespace octavo {

Request engine_request(const SessionContext& context, const Response& response,
                       const KeyAccount& account, bool wants_progress) {
  const ResponseCreate& create = response.create();
  Request request;
  request.id = response.request();
  request.prompt = response.prompt_tokens();
  request.sampling = create.sampling;
  request.sampling.constraint = response.constraint();
  request.priority = account.limits().priority_of(create.priority);
  request.tenant = create.tenant;
  request.share = account.limits().share;
  request.wants_progress = create.wants_progress || wants_progress;
  request.cache_namespace = cache_namespace_of(context.hash_key, create.tenant, create.cache_salt);
  const std::chrono::milliseconds longest = context.limits.response_timeout;
  request.deadline = response.arrival() + std::min(create.deadline.value_or(longest), longest);
  return request;
}

}  // namespace octavo
