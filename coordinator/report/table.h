// Text in columns.
#pragma once
#include <string>
#include <vector>

namespace strata {

enum class Align : unsigned char { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

// A title line and a line for each row, every cell filled to its column's width, three blanks
// between columns, no blanks at the end of a line. Cells may hold colours. Rows may be shorter than
// the columns.
std::string table_text(const std::vector<Column>& columns,
                       const std::vector<std::vector<std::string>>& rows);

}  // namespace strata
