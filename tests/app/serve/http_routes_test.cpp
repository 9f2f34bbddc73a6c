#include "src/app/serve/http_routes.hpp"

#include "src/web/assets.hpp"
#include "tests/app/serve/routed.hpp"

using namespace octavo;
using namespace octavo::testing;
using Catch::Matchers::Contains;
namespace json = boost::json;

TEST_CASE("the page is served with its mark, and not again to who knows it") {
  Routed routed;
  const Asset* page = find_asset("/");
  REQUIRE(page != nullptr);
  const HttpReply response = routed.ask("/?x=1");
  CHECK(response.result_int() == 200);
  CHECK(response.body() == page->body);
  CHECK(field(response, "Content-Type") == page->mime);
  CHECK(field(response, "ETag") == page->etag);
  CHECK(field(response, "Content-Encoding").empty());
  const HttpReply known = routed.ask("/", {{"If-None-Match", std::string(page->etag)}});
  CHECK(known.result_int() == 304);
  CHECK(known.body().empty());
  CHECK(field(known, "ETag") == page->etag);
  CHECK(routed.ask("/", {{"If-None-Match", "\"another\""}}).result_int() == 200);
}

TEST_CASE("the page is packed for who can unpack it") {
  Routed routed;
  const Asset* page = find_asset("/");
  const HttpReply response = routed.ask("/", {{"Accept-Encoding", "br, gzip, deflate"}});
  REQUIRE_FALSE(page->gzip.empty());
  CHECK(response.body() == page->gzip);
  CHECK(field(response, "Content-Encoding") == "gzip");
  CHECK(field(response, "Vary") == "Accept-Encoding");
  for (const char* value : {"br", "gzip;q=0", "gzip; q=0.0, *"})
    CHECK(routed.ask("/", {{"Accept-Encoding", value}}).body() == page->body);
}

TEST_CASE("each form of the page has a mark of its own, and only its own makes it known") {
  Routed routed;
  const Asset* page = find_asset("/");
  const std::pair<std::string, std::string> gzip{"Accept-Encoding", "gzip"};
  const std::string packed = field(routed.ask("/", {gzip}), "ETag");
  CHECK(packed != page->etag);
  CHECK(routed.ask("/", {gzip, {"If-None-Match", "W/" + packed}}).result_int() == 304);
  CHECK(routed.ask("/", {gzip, {"If-None-Match", std::string(page->etag)}}).result_int() == 200);
  CHECK(routed.ask("/", {{"If-None-Match", packed}}).result_int() == 200);
  CHECK(routed.ask("/", {{"If-None-Match", "*"}}).result_int() == 304);
  CHECK(field(routed.ask("/", {gzip, {"If-None-Match", "*"}}), "Content-Encoding").empty());
}

TEST_CASE("who wants another version of the page, or a form that there is not, is told so") {
  Routed routed;
  const Asset* page = find_asset("/");
  CHECK(routed.ask("/", {{"If-Match", "\"another\""}}).result_int() == 412);
  CHECK(routed.ask("/", {{"If-Match", std::string(page->etag)}}).result_int() == 200);
  CHECK(routed.ask("/", {{"Accept-Encoding", "br, identity;q=0"}}).result_int() == 406);
  CHECK(routed.ask("/", {{"Range", "bytes=0-3"}}).body() == page->body);
}

TEST_CASE("the server as a whole says what it serves anywhere") {
  Routed routed;
  const HttpReply response = routed.ask("*", {}, http::verb::options);
  CHECK(response.result_int() == 204);
  CHECK(field(response, "Allow") == "GET, HEAD, POST, DELETE, OPTIONS");
}

TEST_CASE("the page may load and frame nothing from elsewhere") {
  Routed routed;
  const HttpReply response = routed.ask("/");
  const std::string policy = field(response, "Content-Security-Policy");
  for (const char* part : {"default-src 'none'", "script-src 'self'", "connect-src 'self'",
                           "frame-ancestors 'none'", "form-action 'none'"})
    CHECK_THAT(policy, Contains(part));
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(field(response, "X-Content-Type-Options") == "nosniff");
  CHECK(field(response, "Referrer-Policy") == "no-referrer");
}

TEST_CASE("only GET and HEAD are served, and a head is an answer without its body") {
  Routed routed;
  for (const http::verb method : {http::verb::post, http::verb::put, http::verb::delete_,
                                  http::verb::patch, http::verb::unknown}) {
    const HttpReply response = routed.ask("/health", {}, method);
    CHECK(response.result_int() == 405);
    CHECK(field(response, "Allow") == "GET, HEAD, OPTIONS");
    CHECK(code_in(response) == "method_not_allowed");
  }
  const HttpReply head = routed.ask("/health", {}, http::verb::head);
  CHECK(head.result_int() == 200);
  CHECK(head.body().empty());
  CHECK(field(head, "Content-Length") == "15");
}

TEST_CASE("what anybody may ask needs no key, everything else does") {
  Routed routed;
  routed.policy.keys = {"secret"};
  for (const char* open : {"/health", "/ready", "/", "/dashboard", "/version"}) {
    CAPTURE(open);
    CHECK(routed.ask(open).result_int() == 200);
  }
  for (const char* keyed :
       {"/v1/models", "/v1/models/sim", "/metrics", "/debug/audit", "/v1/responses", "/nothing"}) {
    CAPTURE(keyed);
    const HttpReply response = routed.ask(keyed);
    CHECK(response.result_int() == 401);
    CHECK(field(response, "WWW-Authenticate") == "Bearer");
    CHECK(code_in(response) == "invalid_api_key");
    CHECK(routed.ask(keyed, {{"Authorization", "Bearer wrong"}}).result_int() == 401);
    CHECK(routed.ask(keyed, {kKey}).result_int() != 401);
  }
}

TEST_CASE("the model is listed, and found under its own name alone") {
  Routed routed;
  routed.sim.model.created_at = 1234;
  routed.sim.model.root = "/models/sim";
  const json::object list = object_in(routed.ask("/v1/models"));
  CHECK(list.at("object") == "list");
  REQUIRE(list.at("data").as_array().size() == 1);
  const json::object model = object_in(routed.ask("/v1/models/sim?x"));
  CHECK(list.at("data").as_array()[0] == model);
  CHECK(model == json::object{{"id", "sim"},
                              {"object", "model"},
                              {"created", 1234},
                              {"owned_by", "octavo"},
                              {"root", "/models/sim"},
                              {"parent", nullptr},
                              {"max_model_len", 512},
                              {"octavo",
                               {{"defaults",
                                 {{"temperature", 1.0},
                                  {"top_p", 1.0},
                                  {"top_k", 0},
                                  {"min_p", 0.0},
                                  {"repetition_penalty", 1.0}}}}}});
  for (const char* other : {"/v1/models/", "/v1/models/other", "/v1/models/sim/"}) {
    CAPTURE(other);
    CHECK(routed.ask(other).result_int() == 404);
    CHECK(code_in(routed.ask(other)) == "model_not_found");
  }
  CHECK(code_in(routed.ask("/v1/modelsx")) == "not_found");
}

TEST_CASE("a model of several names is listed by each, and found by each") {
  Routed routed;
  routed.sim.model.aliases = {"fox", "acme/fox"};
  const json::object list = object_in(routed.ask("/v1/models"));
  std::vector<std::string> ids;
  for (const json::value& each : list.at("data").as_array())
    ids.emplace_back(each.at("id").as_string());
  CHECK(ids == std::vector<std::string>{"sim", "fox", "acme/fox"});
  CHECK(object_in(routed.ask("/v1/models/acme%2Ffox")).at("id") == "acme/fox");
  CHECK(routed.sim.model.is_called("fox"));
  CHECK_FALSE(routed.sim.model.is_called("fo"));
}

TEST_CASE("the model is listed with the sampling of a request that leaves it open, as it was set") {
  Routed routed;
  routed.sim.model.temperature = 0.6;
  routed.sim.model.top_p = 0.95;
  routed.sim.model.top_k = 20;
  routed.sim.model.repetition_penalty = 1.05;
  const json::object model = object_in(routed.ask("/v1/models/sim"));
  CHECK(model.at("octavo").at("defaults") == json::object{{"temperature", 0.6},
                                                          {"top_p", 0.95},
                                                          {"top_k", 20},
                                                          {"min_p", 0.0},
                                                          {"repetition_penalty", 1.05}});
}

TEST_CASE("a path means the same with escapes, and a model's name may have a slash") {
  Routed routed;
  routed.sim.model.name = "acme/demo 1%\xC3\xA9";
  for (const char* target :
       {"/v1/models/acme%2Fdemo%201%25%C3%A9", "/v1/models/acme%2fdemo%201%25%c3%a9",
        "/v1/models/acme/demo%201%25%C3%A9?x=%", "/%76%31/models/acme%2Fdemo%201%25%C3%A9"}) {
    CAPTURE(target);
    CHECK(routed.ask(target).result_int() == 200);
  }
  routed.policy.keys = {"secret"};
  CHECK(routed.ask("/%6Detrics").result_int() == 401);
  for (const char* broken :
       {"/v1/models/%", "/v1/models/%2", "/v1/models/%zz", "/v1/models/%+1", "/%00", "/health%"}) {
    CAPTURE(broken);
    CHECK(routed.ask(broken, {kKey}).result_int() == 400);
  }
}

TEST_CASE("a path that is there says which methods it has") {
  Routed routed;
  for (const auto& [path, methods] : std::vector<std::pair<std::string, std::string>>{
           {"/v1/chat/completions", "POST, OPTIONS"},
           {"/tokenize", "POST, OPTIONS"},
           {"/v1/responses/resp_1", "GET, HEAD, DELETE, OPTIONS"},
           {"/v1/responses/resp_1/cancel", "POST, OPTIONS"},
           {"/v1/responses/resp_1/input_items", "GET, HEAD, OPTIONS"},
           {"/v1/requests/mine", "DELETE, OPTIONS"}}) {
    CAPTURE(path);
    const HttpReply refused = routed.ask(path, {}, http::verb::put);
    CHECK(refused.result_int() == 405);
    CHECK(field(refused, "Allow") == methods);
    CHECK(field(routed.ask(path, {}, http::verb::options), "Allow") == methods);
  }
}

TEST_CASE("a text becomes tokens and text again") {
  Routed routed;
  const auto post = [&](const std::string& path, const std::string& body) {
    return routed.ask(path, {}, http::verb::post, body);
  };
  const json::object tokens = object_in(
      post("/tokenize",
           R"({"prompt":"Once upon a time","add_special_tokens":false,"return_token_strs":true})"));
  CHECK(tokens.at("count") == tokens.at("tokens").as_array().size());
  CHECK(tokens.at("token_strs").as_array().size() == tokens.at("tokens").as_array().size());
  CHECK(tokens.at("max_model_len") == 512);
  const std::string body = json::serialize(json::object{{"tokens", tokens.at("tokens")}});
  CHECK(object_in(post("/detokenize", body)).at("prompt") == "Once upon a time");
  for (const char* wrong : {R"({"tokens":[1000000]})", R"({"tokens":"x"})", "{}", "[", "[]"}) {
    CAPTURE(wrong);
    CHECK(post("/detokenize", wrong).result_int() == 400);
  }
  CHECK(post("/tokenize", R"({"prompt":1})").result_int() == 400);
}

TEST_CASE("a prompt can be counted and rendered without running it") {
  Routed routed;
  const auto post = [&](const std::string& path, const std::string& body) {
    return routed.ask(path, {}, http::verb::post, body);
  };
  const json::object counted =
      object_in(post("/v1/responses/input_tokens", R"({"input":"Once upon a time"})"));
  CHECK(counted.at("object") == "response.input_tokens");
  const json::value rendered =
      json::parse(post("/v1/completions/render", R"({"prompt":["Once upon a time","x"]})").body());
  REQUIRE(rendered.as_array().size() == 2);
  CHECK(rendered.at(0).at("token_ids").as_array().size() == counted.at("input_tokens"));
  CHECK(post("/v1/responses/input_tokens", R"({"input":"x","previous_response_id":"resp_1"})")
            .result_int() == 400);
  for (const auto& [path, name] :
       std::vector<std::pair<std::string, std::string>>{{"/v1/completions/render", "prompt"},
                                                        {"/tokenize", "prompt"},
                                                        {"/v1/responses/input_tokens", "input"}}) {
    CAPTURE(path);
    const json::object body{{name, "x"}, {"model", "other"}};
    CHECK(code_in(post(path, json::serialize(body))) == "model_not_found");
  }
  CHECK(routed.sim.sessions.running.size() == 0);
}

TEST_CASE("a page of an allowed origin may read every answer, and no other page may") {
  Routed routed;
  routed.policy.keys = {"secret"};
  routed.policy.allowed_origins = {"http://app.example"};
  const std::pair<std::string, std::string> origin{"Origin", "http://App.example"};
  for (const char* target : {"/health", "/v1/models", "/nothing", "/", "/%"}) {
    CAPTURE(target);
    const HttpReply response = routed.ask(target, {origin});
    CHECK(field(response, "Access-Control-Allow-Origin") == "http://App.example");
    const HttpReply other = routed.ask(target, {{"Origin", "http://localhost"}});
    CHECK(field(other, "Access-Control-Allow-Origin").empty());
    bool varies = false;
    for (const auto& each : other) varies = varies || each.value() == "Origin";
    CHECK(varies);  // A cache must not give it to the page of another origin.
  }
  routed.policy.allowed_origins = {"*"};
  CHECK(field(routed.ask("/health", {{"Origin", "null"}}), "Access-Control-Allow-Origin") ==
        "null");
  routed.policy.allowed_origins.clear();
  CHECK(field(routed.ask("/health", {origin}), "Access-Control-Allow-Origin").empty());
}

TEST_CASE("a browser that asks before it sends a key is answered without one") {
  Routed routed;
  routed.policy.keys = {"secret"};
  routed.policy.allowed_origins = {"http://app.example"};
  const std::vector<std::pair<std::string, std::string>> asks{
      {"Origin", "http://app.example"},
      {"Access-Control-Request-Method", "GET"},
      {"Access-Control-Request-Headers", "authorization,x-request-id"},
      {"Access-Control-Request-Private-Network", "true"}};
  const HttpReply response = routed.ask("/v1/models", asks, http::verb::options);
  CHECK(response.result_int() == 204);
  CHECK(response.body().empty());
  CHECK(field(response, "Access-Control-Allow-Origin") == "http://app.example");
  CHECK(field(response, "Access-Control-Allow-Methods") == "GET, HEAD, OPTIONS");
  CHECK(field(response, "Access-Control-Allow-Headers") == "authorization,x-request-id");
  CHECK(field(response, "Access-Control-Allow-Private-Network") == "true");
  const HttpReply plain = routed.ask("/v1/models", {}, http::verb::options);
  CHECK(plain.result_int() == 204);
  CHECK(field(plain, "Allow") == "GET, HEAD, OPTIONS");
  CHECK(field(plain, "Access-Control-Allow-Methods").empty());
}

TEST_CASE("the WebSocket's place says what it speaks") {
  Routed routed;
  const HttpReply response = routed.ask("/v1/responses");
  CHECK(response.result_int() == 426);
  CHECK(field(response, "Upgrade") == "websocket");
  CHECK(field(response, "Connection") == "Upgrade");
}

TEST_CASE("a path that leads nowhere is quoted without its end") {
  Routed routed;
  const HttpReply response = routed.ask("/nowhere/" + std::string(1000, 'x') + "?secret");
  CHECK(response.result_int() == 404);
  CHECK(code_in(response) == "not_found");
  CHECK_THAT(response.body(), Contains("/nowhere/xxx"));
  CHECK(response.body().size() < 500);
  CHECK(response.body().find("secret") == std::string::npos);
}
