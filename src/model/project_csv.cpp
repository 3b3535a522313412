#include "model/project_csv.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "model/csv_column.hpp"
#include "model/csv_table.hpp"
#include "model/document_builder.hpp"
#include "model/faults.hpp"
#include "model/nearest_name.hpp"
#include "model/path.hpp"
#include "model/project_file.hpp"

namespace tagwerk::model {
namespace {

// --- reading -------------------------------------------------------------------------------------

class TagTable {
 public:
  explicit TagTable(const std::string& file) : faults_(file) {}

  CsvTags read(std::string_view bytes) {
    if (bytes.size() > DocumentBuilder::kMaxBytes) {
      fault({}, "the file has {} bytes, more than the 64 MiB allowed; split it", bytes.size());
      return finish();
    }
    auto decoded = decode_text(bytes, faults_.file());
    if (!decoded) {
      faults_.add_error(decoded.error());
      return finish();
    }
    if (decoded->windows_1251)
      warn({},
           "the file is not UTF-8 and was read as Windows-1251; save it as UTF-8 if texts look "
           "wrong");
    read_rows(decoded->text);
    return finish();
  }

 private:
  struct LeftOut {
    std::size_t rows = 0;
    CsvCell first;
  };

  base::SourceLocation place(const CsvCell& cell) const {
    return {faults_.file(), cell.line, cell.column};
  }
  template <class... Args>
  void fault(const CsvCell& at, fmt::format_string<Args...> format, Args&&... args) {
    faults_.add_error(Error{ErrorCode::invalid_argument,
                            fmt::format(format, std::forward<Args>(args)...), place(at)});
  }
  void warn(const CsvCell& at, std::string message) {
    out_.warnings.push_back(Error{ErrorCode::invalid_argument, std::move(message), place(at)});
  }

  CsvTags finish() {
    for (std::size_t i = 0; i < kCsvColumns.size(); ++i) {
      const LeftOut& each = left_out_[i];
      if (each.rows == 0) continue;
      const bool later = kCsvColumns[i].form == CellForm::later;
      warn(each.first, fmt::format("column '{}' is left out in {} row{}: {}", kCsvColumns[i].name,
                                   each.rows, each.rows == 1 ? "" : "s",
                                   later ? "this version has nothing that it could become"
                                         : "only int and float tags have a range"));
    }
    out_.errors = faults_.take();
    return std::move(out_);
  }

  /// Excel's own first line: which separator follows.
  static char take_separator(std::string_view& text) {
    if (text.size() > 4 && base::lower(text.substr(0, 4)) == "sep=" &&
        (text[4] == ';' || text[4] == ',')) {
      const char separator = text[4];
      text.remove_prefix(5);
      return separator;
    }
    return separator_of(text);
  }

  void read_rows(std::string_view text) {
    const char separator = take_separator(text);
    CsvReader reader(text, separator);
    std::vector<CsvCell> row;
    bool header = true;
    while (true) {
      const auto more = reader.next(row);
      if (!more) {
        Error error = more.error();
        error.where->file = faults_.file();
        return faults_.add_error(std::move(error));
      }
      if (!*more) return;
      if (header && !read_header(row)) return;
      if (!header) read_row(row);
      header = false;
    }
  }

  bool read_header(const std::vector<CsvCell>& row) {
    for (const CsvCell& cell : row) {
      const std::size_t column = column_named(cell);
      if (column < kCsvColumns.size() && std::ranges::find(columns_, column) != columns_.end())
        fault(cell, "column '{}' is there twice; remove one of them", kCsvColumns[column].name);
      columns_.push_back(column);
    }
    for (const std::size_t needed : {0u, 1u})
      if (std::ranges::find(columns_, needed) == columns_.end())
        fault(row.front(),
              "the column '{}' is missing; the first line names the columns, separated by ',' or "
              "';'",
              kCsvColumns[needed].name);
    return faults_.count() == 0;
  }

  std::size_t column_named(const CsvCell& cell) {
    const std::string name = base::lower(cell.text);
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < kCsvColumns.size(); ++i) {
      if (kCsvColumns[i].name == name || (!name.empty() && kCsvColumns[i].alias == name)) return i;
      names.push_back(kCsvColumns[i].name);
    }
    // A spreadsheet may have empty columns at its end.
    if (!name.empty())
      fault(cell, "unknown column '{}'{}", cell.text.substr(0, 60), suggestion(name, names));
    return kCsvColumns.size();
  }

  void read_row(const std::vector<CsvCell>& row) {
    Node body = Node::mapping();
    const CsvCell* name = nullptr;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const CsvCell& cell = row[i];
      if (cell.text.empty()) continue;
      const std::size_t column = i < columns_.size() ? columns_[i] : kCsvColumns.size();
      if (column == kCsvColumns.size())
        fault(cell, "this cell has no column; the header names {}", columns_.size());
      else if (column == 0)
        name = &cell;
      else
        read_cell(column, cell, body);
    }
    if (name == nullptr) return fault(row.front(), "this row has no name; give the tag's path");
    complete(*name, body);
    body.line = name->line;
    body.column = name->column;
    tags_.entries.emplace_back(name->text, std::move(body));
  }

  void read_cell(std::size_t column, const CsvCell& cell, Node& body) {
    const CsvColumn& known = kCsvColumns[column];
    if (known.form == CellForm::later) {
      // What says "no" loses nothing.
      if (!says_no(cell.text)) leave_out(column, cell);
      return;
    }
    auto value = read_cell_value(known.form, cell.text);
    if (!value)
      return fault(cell, "column '{}': '{}' is not {}", known.name, cell.text.substr(0, 60),
                   cell_example(known.form));
    put_place(*value, cell);
    put(body, known.key, std::move(*value));
  }

  static void put_place(Node& value, const CsvCell& cell) {
    value.line = cell.line;
    value.column = cell.column;
    for (auto& entry : value.entries)
      put_place(entry.second, cell);
  }

  /// At "unit", "source.scale", "range.0", "source.clamp.1".
  static void put(Node& body, std::string_view key, Node value) {
    const auto dot = key.find('.');
    if (dot == std::string_view::npos) return body.set(key, std::move(value));
    Node* inner = body.find(key.substr(0, dot));
    if (inner == nullptr) {
      Node made = Node::mapping();
      made.line = value.line;
      made.column = value.column;
      body.set(key.substr(0, dot), std::move(made));
      inner = body.find(key.substr(0, dot));
    }
    put(*inner, key.substr(dot + 1), std::move(value));
  }

  void leave_out(std::size_t column, const CsvCell& cell) {
    if (left_out_[column].rows++ == 0) left_out_[column].first = cell;
  }

  void complete(const CsvCell& name, Node& body) {
    const Node* type = body.find("type");
    const bool ranged =
        type == nullptr || type->text.starts_with("int") || type->text.starts_with("float");
    if (const Node* range = body.find("range"); range != nullptr && !ranged) {
      CsvCell cell;
      cell.line = range->line;
      cell.column = range->column;
      for (const auto& entry : range->entries)
        leave_out(entry.first == "0" ? 2 : 3, cell);
      std::erase_if(body.entries, [](const auto& entry) { return entry.first == "range"; });
    }
    make_pair(name, body, "range", "min_", "max_");
    Node* source = body.find("source");
    if (source == nullptr) return;
    make_pair(name, *source, "clamp", "clamp_min", "clamp_max");
    if (source->find("connector") == nullptr && source->find("address") == nullptr)
      drop_source(name, body, *source);
  }

  /// {0: low, 1: high} becomes [low, high].
  void make_pair(const CsvCell& name, Node& in, std::string_view key, std::string_view low,
                 std::string_view high) {
    Node* both = in.find(key);
    if (both == nullptr) return;
    Node pair = Node::sequence();
    pair.line = both->line;
    pair.column = both->column;
    for (const char* end : {"0", "1"})
      if (Node* value = both->find(end)) pair.items.push_back(std::move(*value));
    *both = std::move(pair);
    if (both->items.size() == 2) return;
    fault(name, "tag '{}': give both '{}' and '{}' or neither", name.text, low, high);
    std::erase_if(in.entries, [&](const auto& entry) { return entry.first == key; });
  }

  /// Numbers that change nothing are in every row of some programs.
  void drop_source(const CsvCell& name, Node& body, const Node& source) {
    for (const auto& [key, value] : source.entries) {
      const auto number = value.as_number();
      if (number && *number == (key == "scale" ? 1 : 0)) continue;
      if (value.as_bool() == std::optional(false)) continue;
      fault(name, "tag '{}': '{}' needs a connector_name and a source; add them or leave it empty",
            name.text, key);
      break;
    }
    std::erase_if(body.entries, [](const auto& entry) { return entry.first == "source"; });
  }

 public:
  Node take_tags() { return std::move(tags_); }

 private:
  Faults faults_;
  CsvTags out_;
  Node tags_ = Node::mapping();
  std::vector<std::size_t> columns_;  ///< of the file: index into kCsvColumns, or its size
  std::array<LeftOut, kCsvColumns.size()> left_out_{};
};

// --- writing -------------------------------------------------------------------------------------

const Node* value_at(const Node& body, std::string_view key) {
  const Node* at = &body;
  while (at != nullptr && !key.empty()) {
    const auto dot = std::min(key.find('.'), key.size());
    const auto name = key.substr(0, dot);
    if (at->is_sequence())
      at = &at->items[name == "0" ? 0 : 1];
    else
      at = at->find(name);
    key.remove_prefix(std::min(dot + 1, key.size()));
  }
  return at;
}

void append_row(std::string& out, const TagDefinition& tag, const CsvForm& form) {
  const Node body = encode(tag);
  append_csv_cell(out, tag.path, form.separator);
  for (const CsvColumn& column : kCsvColumns) {
    if (column.key.empty()) continue;
    out += form.separator;
    if (const Node* value = value_at(body, column.key))
      append_csv_cell(out, write_cell_value(column.form, *value, form.decimal_comma),
                      form.separator);
  }
  out += "\r\n";
}

}  // namespace

CsvTags read_csv(std::string_view text, const std::string& file) {
  TagTable table(file);
  CsvTags out = table.read(text);
  if (Node tags = table.take_tags(); !tags.entries.empty()) {
    out.root = Node::mapping();
    out.root.entries.emplace_back("tags", std::move(tags));
  }
  return out;
}

std::string tags_to_csv(const Project& project, std::string_view subtree, CsvForm form) {
  std::string out = form.byte_order_mark ? "\xef\xbb\xbf" : "";
  out += kCsvColumns[0].name;
  for (const CsvColumn& column : kCsvColumns)
    if (!column.key.empty()) out.append(1, form.separator).append(column.name);
  out += "\r\n";
  for (const auto& [path, tag] : project.tags)
    if (is_within(path, subtree)) append_row(out, tag, form);
  return out;
}

}  // namespace tagwerk::model
