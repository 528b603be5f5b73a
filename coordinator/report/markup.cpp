#include "coordinator/report/markup.h"

#include "coordinator/report/format.h"

namespace strata {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') {
          out += c;
        }
    }
  }
  return out;
}

std::string place(double value) { return fixed(value, 1); }

std::string svg_text(double x, double y, std::string_view css_class, std::string_view text) {
  return "<text x=\"" + place(x) + "\" y=\"" + place(y) + "\" class=\"" + std::string(css_class) +
         "\">" + escaped(text) + "</text>\n";
}

std::string svg_line(double x1, double y1, double x2, double y2, std::string_view css_class) {
  return "<line x1=\"" + place(x1) + "\" y1=\"" + place(y1) + "\" x2=\"" + place(x2) + "\" y2=\"" +
         place(y2) + "\" class=\"" + std::string(css_class) + "\"/>\n";
}

}  // namespace strata
