#include "coordinator/report/table.h"

#include <algorithm>

#include "coordinator/report/style.h"

namespace strata {
namespace {
constexpr std::string_view kGap = "   ";

std::string line_of(const std::vector<std::string>& cells, const std::vector<Column>& columns,
                    const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += i == 0 ? std::string_view(" ") : kGap;
    line += columns[i].align == Align::kRight ? pad_left(cells[i], widths[i])
                                              : pad_right(cells[i], widths[i]);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}
}  // namespace

std::string table_text(const std::vector<Column>& columns,
                       const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::string> titles;
  std::vector<std::size_t> widths;
  titles.reserve(columns.size());
  widths.reserve(columns.size());
  for (const Column& column : columns) {
    titles.push_back(column.title);
    widths.push_back(columns_of(column.title));
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(row[i]));
    }
  }
  std::string text = line_of(titles, columns, widths);
  for (const auto& row : rows) {
    text += line_of(row, columns, widths);
  }
  return text;
}

}  // namespace strata
