#include "protocol/response_list.hpp"

#include <boost/json/array.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;
namespace json = boost::json;

namespace {

RememberedResponse conversation() {
  RememberedResponse response;
  response.id = "resp_1";
  for (const char* text : {"a", "b", "c", "the answer"}) {
    const bool is_answer = response.messages.size() % 2 == 1;
    response.messages.push_back(
        json::object{{"role", is_answer ? "assistant" : "user"}, {"content", text}});
  }
  return response;
}

std::vector<std::string> texts_of(const json::object& list) {
  std::vector<std::string> texts;
  for (const json::value& item : list.at("data").as_array())
    texts.emplace_back(item.at("content").at(0).at("text").as_string());
  return texts;
}

}  // namespace

TEST_CASE("the input of a response is what was said before its answer, newest first") {
  const json::object list = input_items_json(conversation(), *parse_list_page("/x"));
  CHECK(list.at("object") == "list");
  CHECK(texts_of(list) == std::vector<std::string>{"c", "b", "a"});
  CHECK(list.at("data").at(1).at("content").at(0).at("type") == "output_text");
  CHECK(list.at("first_id") == "msg_1_in2");
  CHECK(list.at("last_id") == "msg_1_in0");
  CHECK(list.at("has_more") == false);
}

TEST_CASE("a list is read page by page, in either order") {
  const auto page = parse_list_page("/x?limit=2&order=asc");
  REQUIRE(page.has_value());
  const json::object first = input_items_json(conversation(), *page);
  CHECK(texts_of(first) == std::vector<std::string>{"a", "b"});
  CHECK(first.at("has_more") == true);
  const auto next = parse_list_page("/x?limit=2&order=asc&after=msg_1_in1");
  const json::object second = input_items_json(conversation(), *next);
  CHECK(texts_of(second) == std::vector<std::string>{"c"});
  CHECK(second.at("has_more") == false);
  const auto end = parse_list_page("/x?order=asc&after=msg_1_in2");
  CHECK(input_items_json(conversation(), *end).at("first_id").is_null());
  for (const char* wrong :
       {"/x?limit=0", "/x?limit=101", "/x?limit=x", "/x?limit=5x", "/x?order=up"})
    CHECK_FALSE(parse_list_page(wrong).has_value());
}

TEST_CASE("a prompt that was computed alone has no answer to leave out") {
  RememberedResponse response = conversation();
  response.settings.generate = false;
  CHECK(texts_of(input_items_json(response, ListPage{})).size() == 4);
}
