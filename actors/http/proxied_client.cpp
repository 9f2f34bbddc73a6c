#include "actors/http/proxied_client.hpp"

#include <spdlog/spdlog.h>

#include "protocol/client_network.hpp"
#include "protocol/trusted_proxies.hpp"

namespace octavo {

std::optional<HttpRefusal> ProxiedClient::enter(const http::request_header<>& head) {
  if (!proxy_) return std::nullopt;
  leave();
  std::string network = client_network_of(client_of(*proxy_, head, policy_.proxies));
  const Entrance entrance = gate_.enter_address(network, clock_());
  if (entrance == Entrance::kOpen) {
    counted_for_ = std::move(network);
    return std::nullopt;
  }
  HttpRefusal refusal = refusal_of(entrance);
  spdlog::debug("http: refuses a request through a proxy from={} reason=\"{}\"", network,
                refusal.message);
  return refusal;
}

void ProxiedClient::leave() {
  if (counted_for_) gate_.leave_address(*counted_for_, clock_());
  counted_for_.reset();
}

}  // namespace octavo
