// What a study measures: cells of a grid, and what was seen in each.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/format/json.h"

namespace manabi::lab {

// Named settings of one cell, all as text ("shots" -> "16"); sorted, so that one setting has one spelling and one hash.
using Coordinates = std::map<std::string, std::string>;

const std::string& text_at(const Coordinates& at, const std::string& name);  // throws base::Error when it is missing
int64_t integer_at(const Coordinates& at, const std::string& name);
double number_at(const Coordinates& at, const std::string& name);

// One cell of a grid. Two cells with equal `at` and `inputs` hold the same values, whatever else was asked for in their runs.
struct Cell {
  Coordinates at;      // where in the grid: what figures and claims select by
  Coordinates inputs;  // what else could change the value: content hashes, options, dtype, device kind, versions
  std::string part;    // which part of a long grid it belongs to; not in the key
};

// A summary number: "accuracy" over n items, "loss" at {"step": "100"}.
struct Row {
  std::string metric;
  Coordinates at;  // coordinates inside the cell: step, layer, position; often empty
  double value = 0;
  int64_t n = 0;
};

// One scored item. Claims and figures are computed from these, so that a new one needs no model.
struct ScoredItem {
  std::string id;              // of the query in its data set: pairs the same item across cells
  int64_t draw = 0;            // which draw of demonstrations
  std::vector<double> scores;  // nats, one per choice
  int64_t target = 0;

  bool is_right() const;  // the first largest score is the target's
};

struct CellRecord {
  Cell cell;
  std::vector<Row> rows;
  std::vector<ScoredItem> items;
  std::vector<std::string> artifacts;          // names of the artifacts that its group used; set by the runner
  std::map<std::string, base::Json> exhibits;  // what the report shows as it was: rendered prompts, notes of a loader
  double seconds = 0;                          // its share of the group's time
  std::string key;                             // set by the store
};

using Records = std::vector<CellRecord>;

// "shots=16 task=sst2": how messages name a cell.
std::string name_of(const Coordinates& at);

// The key of a cell: SHA-256 over {at, inputs, study, version} as JSON with sorted keys.
std::string key_of(const std::string& study, int64_t study_version, const Cell& cell);

// The records whose cell has all the given coordinates.
std::vector<const CellRecord*> select(const Records& records, const Coordinates& where);

// The values of a coordinate of the cells, each once, in the order of the records.
std::vector<std::string> values_of(const Records& records, const std::string& coordinate);

// Of the row of this metric at exactly these coordinates.
std::optional<double> value_of(const CellRecord& record, const std::string& metric, const Coordinates& at = {});

// Its mean over the cells that have it; nothing where none has.
std::optional<double> mean_of(const std::vector<const CellRecord*>& cells, const std::string& metric, const Coordinates& at = {});

}  // namespace manabi::lab
