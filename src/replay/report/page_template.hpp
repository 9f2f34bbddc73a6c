// Fills a page's template with values, in a small part of Mustache (mustache.github.io, the
// manual):
//
//   {{name}}             the value, escaped for HTML; {{.}} the value of the section around it
//   {{#name}}..{{/name}} once for each item of a list, once with an object's names, once for what
//   is
//                        true or a string that is not empty; else not at all
//   {{^name}}..{{/name}} where that would write nothing
//   {{>file}}            another file of the template, filled with the same values
//
// A name is looked up in the innermost section first, then in those around it.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace octavo {

/// The text of a file of the template, by its name.
using TemplateFiles = std::function<std::string_view(std::string_view name)>;

/// The template is ours: one that does not hold together is an assertion.
std::string fill_template(std::string_view page, const boost::json::object& values,
                          const TemplateFiles& files);

/// What stands for itself in HTML, in an attribute as well.
std::string escaped_html(std::string_view text);

}  // namespace octavo
