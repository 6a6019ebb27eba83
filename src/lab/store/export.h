// Records as text for other programs.
#pragma once

#include <string>

#include "lab/record.h"

namespace manabi::lab {

// JSON Lines of three kinds: "cell" (coordinates, inputs, seconds, artifacts, exhibits), then its "row"s, then its "item"s, each with the
// cell's key and coordinates. A number that is not finite is null.
std::string export_jsonl(const std::string& study, const Records& records);

// CSV (RFC 4180, with a header line), one line a row: the study, the cell's key, the union of all
// cells' coordinates, the union of all rows' coordinates ("row_" before a name that cells have too), metric, value, n.
std::string export_csv(const std::string& study, const Records& records);

// CSV, one line a scored item: the same up to the coordinates, then item, draw, target, is_right, and one column a choice's score.
std::string export_items_csv(const std::string& study, const Records& records);

}  // namespace manabi::lab
