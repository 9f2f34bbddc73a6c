#include "src/replay/report/page_template.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "tests/support/catch.hpp"

using namespace octavo;

namespace {

std::string filled(std::string_view page, const boost::json::object& values) {
  return fill_template(page, values, [](std::string_view name) -> std::string_view {
    return name == "inner" ? "<{{x}}>" : "";
  });
}

}  // namespace

TEST_CASE("a name becomes its value, escaped") {
  CHECK(filled("a {{x}} b", {{"x", "<b a=\"c\">&"}}) == "a &lt;b a=&quot;c&quot;&gt;&amp; b");
  CHECK(filled("{{n}} {{f}} {{t}}", {{"n", 3}, {"f", 1.5}, {"t", true}}) == "3 1.5E0 true");
  CHECK(filled("no tags", {}) == "no tags");
}

TEST_CASE("a section is written for each item, with the item's names first") {
  const boost::json::object values{{"x", "out"}, {"all", {{{"x", "a"}}, {{"y", "b"}}}}};
  CHECK(filled("{{#all}}[{{x}}]{{/all}}", values) == "[a][out]");
  CHECK(filled("{{#all}}{{.}},{{/all}}", {{"all", {"a", "b"}}}) == "a,b,");
}

TEST_CASE("a section of an object is written once, with its names") {
  CHECK(filled("{{#o}}{{x}}{{y}}{{/o}}", {{"y", "2"}, {"o", {{"x", "1"}}}}) == "12");
}

TEST_CASE("what is false, empty, null or absent is written by its opposite alone") {
  for (const boost::json::object& values : {boost::json::object{},
                                            {{"x", nullptr}},
                                            {{"x", false}},
                                            {{"x", ""}},
                                            {{"x", boost::json::array{}}}}) {
    CAPTURE(values);
    CHECK(filled("{{#x}}yes{{/x}}{{^x}}no{{/x}}", values) == "no");
  }
  for (const boost::json::object& values :
       {boost::json::object{{"x", true}}, {{"x", "a"}}, {{"x", 0}}, {{"x", {{"y", 1}}}}}) {
    CAPTURE(values);
    CHECK(filled("{{#x}}yes{{/x}}{{^x}}no{{/x}}", values) == "yes");
  }
}

TEST_CASE("sections of one name may stand within one another") {
  const boost::json::object values{{"x", {{"x", {{"y", "in"}}}}}};
  CHECK(filled("{{#x}}({{#x}}{{y}}{{/x}}){{/x}}", values) == "(in)");
}

TEST_CASE("another file is filled where it stands") {
  CHECK(filled("{{#o}}{{>inner}}{{/o}}", {{"o", {{"x", "1"}}}}) == "<1>");
}
