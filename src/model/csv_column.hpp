#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "model/document.hpp"

namespace tagwerk::model {

/// What the cells of a table of tags mean. Internal to the reader and writer of CSV.

enum class CellForm : std::uint8_t { text, number, integer, boolean, states, type, later };

/// One column and the key of a tag's body it stands for; "range.0" is the first of a pair.
struct CsvColumn {
  std::string_view name;
  std::string_view alias;  ///< also understood
  std::string_view key;
  CellForm form;
};

inline constexpr std::array kCsvColumns{
    CsvColumn{"name", "path", "", CellForm::text},
    CsvColumn{"type_", "type", "type", CellForm::type},
    CsvColumn{"min_", "min", "range.0", CellForm::number},
    CsvColumn{"max_", "max", "range.1", CellForm::number},
    CsvColumn{"units", "unit", "unit", CellForm::text},
    CsvColumn{"description", "", "description", CellForm::text},
    CsvColumn{"states", "", "states", CellForm::states},
    CsvColumn{"write", "", "write", CellForm::text},
    CsvColumn{"confirm", "", "confirm", CellForm::boolean},
    CsvColumn{"stale_after", "", "stale_after", CellForm::text},
    CsvColumn{"size", "", "size", CellForm::integer},
    CsvColumn{"connector_name", "connector", "source.connector", CellForm::text},
    CsvColumn{"device", "", "source.device", CellForm::text},
    CsvColumn{"source", "address", "source.address", CellForm::text},
    CsvColumn{"dtype", "", "source.dtype", CellForm::text},
    CsvColumn{"order", "", "source.order", CellForm::text},
    CsvColumn{"period", "", "source.period", CellForm::text},
    CsvColumn{"scale", "", "source.scale", CellForm::number},
    CsvColumn{"offset", "", "source.offset", CellForm::number},
    CsvColumn{"clamp_min", "", "source.clamp.0", CellForm::number},
    CsvColumn{"clamp_max", "", "source.clamp.1", CellForm::number},
    CsvColumn{"deadband", "", "source.deadband", CellForm::number},
    CsvColumn{"read_back", "", "source.read_back", CellForm::boolean},
    CsvColumn{"time", "", "source.time", CellForm::text},
    CsvColumn{"value", "", "", CellForm::later},
    CsvColumn{"is_log", "", "", CellForm::later},
    CsvColumn{"max_age", "", "", CellForm::later}};

/// The value of a cell that is not empty; nothing when it has none of this form.
std::optional<Node> read_cell_value(CellForm form, const std::string& text);
/// How a cell of this form is to be written, for people.
std::string_view cell_example(CellForm form);
/// True for what says "no", in the words that read_cell_value knows.
bool says_no(std::string_view text);

/// The cell that read_cell_value makes the same value of.
std::string write_cell_value(CellForm form, const Node& value, bool decimal_comma);

}  // namespace tagwerk::model
