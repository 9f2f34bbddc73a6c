// What a turn of a loop costs does not depend on how many turns there are.
#include <boost/json.hpp>

#include "tests/text/jinja/rules.hpp"

using namespace octavo;
using octavo::testing::rendered;

namespace {

boost::json::object conversation(int num_messages) {
  boost::json::array messages;
  for (int i = 0; i < num_messages; ++i) {
    messages.push_back(boost::json::object{{"role", "user"}, {"content", "some words or other"}});
  }
  return {{"messages", std::move(messages)}};
}

}  // namespace

TEST_CASE("a loop over messages takes steps in proportion to them", "[text]") {
  const char* turn = GENERATE(
      "{{ messages | length }}", "{{ (messages | last).role }}", "{{ (messages | first).role }}",
      "{{ messages[loop.index0].role }}", "{{ messages is sequence }}", "{{ messages != [] }}",
      "{{ messages == messages }}", "{{ (messages | default([])) | length }}",
      "{{ loop.changed(messages) }}", "{{ loop.cycle(messages, m) | length }}",
      "{{ {'all': messages}.all | length }}", "{{ {'all': messages}.get('all') | length }}",
      "{{ dict(all=messages)['all'] | length }}", "{{ size(messages) }}",
      "{% set ns.all = messages %}{{ ns.all | length }}", "{% set ns.text = ns.text ~ m.content %}",
      "{% set ns.text = ns.text + m.content + '\n' %}", "{% set ns.list = ns.list + [m] %}",
      "{% set ns.list = ns.list + [m.role, m.content] %}");
  CAPTURE(turn);
  const std::string source =
      "{% set ns = namespace(text='', list=[]) %}{% macro size(a) %}{{ a | length }}{% endmacro %}"
      "{% for m in messages %}" +
      std::string(turn) + "{% endfor %}";
  RenderLimits limits;
  const int num_messages = 2000;
  limits.max_steps = 60LL * num_messages;
  CHECK_FALSE(testing::is_fault(rendered(source, conversation(num_messages), limits)));
}

TEST_CASE("a list that is copied in each turn takes what it costs from the budget", "[text]") {
  const std::string source =
      "{% set ns = namespace(list=[]) %}{% for m in messages %}{% set ns.list = [m] + ns.list %}"
      "{% endfor %}";
  RenderLimits limits;
  limits.max_steps = 100'000;
  CHECK(testing::is_fault(rendered(source, conversation(2000), limits)));
}
