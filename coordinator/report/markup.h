// Building pages and drawings out of text: escaping, and numbers as SVG takes them.
#pragma once
#include <string>
#include <string_view>

namespace strata {

// Text between tags or in a quoted attribute. Control characters, which XML does not allow, are
// left out.
std::string escaped(std::string_view text);

// A coordinate with one decimal.
std::string place(double value);

// <text x y class>...</text>
std::string svg_text(double x, double y, std::string_view css_class, std::string_view text);
// <line class .../>
std::string svg_line(double x1, double y1, double x2, double y2, std::string_view css_class);

}  // namespace strata
