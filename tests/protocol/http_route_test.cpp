#include "protocol/http_route.hpp"

#include "tests/support/catch.hpp"

using namespace octavo;

TEST_CASE("a path leads to one route, with what stands in it for an id") {
  const auto leads = [](std::string_view path, RouteName name, std::string_view argument = "") {
    CAPTURE(path);
    const HttpRoute route = route_of(path);
    CHECK(route.name == name);
    CHECK(route.argument == argument);
  };
  leads("/health", RouteName::kHealth);
  leads("/v1/responses", RouteName::kResponses);
  leads("/v1/responses/input_tokens", RouteName::kResponseInputTokens);
  leads("/v1/responses/resp_1", RouteName::kResponse, "resp_1");
  leads("/v1/responses/resp_1/cancel", RouteName::kResponseCancel, "resp_1");
  leads("/v1/responses/resp_1/input_items", RouteName::kResponseInputItems, "resp_1");
  leads("/v1/models/acme/demo", RouteName::kModel, "acme/demo");
  leads("/v1/models/", RouteName::kModel);
  leads("/v1/requests/a/cancel", RouteName::kRequest, "a/cancel");
  leads("/v1/chat/completions/render", RouteName::kChatRender);
  for (const char* none : {"/", "", "/v1", "/v1/modelsx", "/healthy", "/v1/chat", "/tokenize/"})
    leads(none, RouteName::kNone);
}

TEST_CASE("a route has the methods that it lists, as whole words") {
  CHECK(route_of("/v1/responses").allows("POST"));
  CHECK(route_of("/v1/responses").allows("GET"));
  CHECK_FALSE(route_of("/v1/responses").allows("DELETE"));
  CHECK(route_of("/v1/responses/x").allows("DELETE"));
  CHECK_FALSE(route_of("/v1/responses/x").allows("POST"));
  CHECK_FALSE(route_of("/tokenize").allows("GET"));
  CHECK_FALSE(route_of("/tokenize").allows("POS"));
  CHECK_FALSE(route_of("/tokenize").allows(""));
}

TEST_CASE("only what anybody may know is open") {
  for (const char* open : {"/health", "/ready", "/version"}) CHECK(route_of(open).is_open);
  for (const char* keyed : {"/metrics", "/v1/models", "/v1/models/x", "/v1/responses",
                            "/v1/responses/x", "/v1/completions", "/tokenize", "/v1/requests/x"})
    CHECK_FALSE(route_of(keyed).is_open);
}

TEST_CASE("a query's value is decoded, and broken or absent it is empty") {
  CHECK(query_value("/x?limit=5&after=a%20b+c#z", "limit") == "5");
  CHECK(query_value("/x?limit=5&after=a%20b+c#z", "after") == "a b c");
  CHECK(query_value("/x?limit", "limit").empty());
  CHECK(query_value("/x?a=%zz", "a").empty());
  CHECK(query_value("/x", "a").empty());
  CHECK(query_value("/x?b=1", "a").empty());
  CHECK(query_value("/x?&&a=1", "a") == "1");
}
