// What probes, dashboards and audits are told of a server, and when they are told that it is not
// well.
#include "tests/app/serve/routed.hpp"

using namespace octavo;
using namespace octavo::testing;
using Catch::Matchers::Contains;
namespace json = boost::json;

TEST_CASE("health is the ring's: ok while it lives, 503 once an actor has died") {
  Routed routed;
  CHECK(routed.ask("/health").result_int() == 200);
  CHECK(routed.ask("/health").body() == R"({"status":"ok"})");
  routed.sim.status.healthy = false;
  CHECK(routed.ask("/health").result_int() == 503);
  CHECK(routed.ask("/health").body() == R"({"status":"failed"})");
}

TEST_CASE("an engine whose step does not come back is neither healthy nor ready, until it does") {
  Routed routed;
  EngineStatus& status = routed.sim.status;
  status.step_limit = std::chrono::seconds(60);
  const auto since = [&](std::chrono::seconds ago) {
    const auto began = routed.sim.sessions.clock() - ago;
    status.awaiting_since_ns = std::chrono::nanoseconds(began.time_since_epoch()).count();
  };
  routed.sim.advance_time(std::chrono::seconds(1000));
  since(std::chrono::seconds(59));
  CHECK(routed.ask("/health").result_int() == 200);
  since(std::chrono::seconds(61));
  CHECK(routed.ask("/health").result_int() == 503);
  CHECK(routed.ask("/health").body() == R"({"status":"stuck"})");
  CHECK(code_in(routed.ask("/ready")) == "engine_error");
  since(std::chrono::seconds(1));
  CHECK(routed.ask("/ready").result_int() == 200);
  status.awaiting_since_ns = 0;
  CHECK(routed.ask("/health").result_int() == 200);
}

TEST_CASE("a server that shuts down is healthy but not ready, and says when to ask again") {
  Routed routed;
  CHECK(routed.ask("/ready").body() == R"({"status":"ready"})");
  routed.ready = false;
  const HttpReply response = routed.ask("/ready");
  CHECK(response.result_int() == 503);
  CHECK(field(response, "Retry-After") == "1");
  CHECK(code_in(response) == "server_draining");
  CHECK(routed.ask("/health").result_int() == 200);
}

TEST_CASE("an audit tells both tiers, and 503 when nobody answers") {
  Routed routed;
  const json::object audit = object_in(routed.ask("/debug/audit"));
  CHECK(audit.at("is_consistent") == true);
  CHECK(audit.at("fault") == "");
  CHECK(audit.at("device") == json::object{{"num_blocks", 256},
                                           {"num_free", 256},
                                           {"num_cached", 0},
                                           {"num_owned", 0},
                                           {"num_in_transfer", 0}});
  CHECK(audit.at("host").at("num_blocks") == 0);
  Mailbox<BlockManagerMessage> gone(routed.sim.io.get_executor());
  gone.close();
  routed.auditor = BlockAuditor(gone.address(), routed.sim.io.get_executor());
  CHECK(routed.ask("/debug/audit").result_int() == 503);
  CHECK(code_in(routed.ask("/debug/audit")) == "engine_error");
  CHECK_THAT(routed.ask("/metrics").body(),
             Contains("octavo:kv_cache_audit_ok{engine=\"0\",model_name=\"sim\"} 0\n"));
}

TEST_CASE("metrics say what holds when they are asked for") {
  Routed routed;
  routed.sim.status.num_running = 6;
  const HttpReply response = routed.ask("/metrics");
  CHECK(response.result_int() == 200);
  CHECK(field(response, "Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK_THAT(response.body(),
             Contains("octavo:num_requests_running{engine=\"0\",model_name=\"sim\"} 6\n"));
  CHECK_THAT(response.body(),
             Contains("octavo:kv_cache_audit_ok{engine=\"0\",model_name=\"sim\"} 1\n"));
}
