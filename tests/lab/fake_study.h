// A study whose values are a pure function of its cells: what the runner does with it is all there is to see.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/hash.h"
#include "lab/study.h"

namespace manabi::test {

class FakeStudy : public lab::Study {
 public:
  std::vector<std::string> tasks = {"sst2", "trec", "agnews"};
  std::vector<std::string> shots = {"0", "4", "8", "16"};
  int64_t version = 1;
  std::chrono::milliseconds group_time{0};
  std::function<void(std::span<const lab::Cell>, lab::Workbench&)> before_measuring;
  std::function<void(lab::Records&)> after_measuring;
  std::vector<std::vector<std::string>> measured;  // names of the cells of each call

  lab::StudyInfo info() const override {
    return {.name = "fake",
            .title = "A fake",
            .question = "Does it run?",
            .paper = "Nobody 2024",
            .link = "https://example.org",
            .version = version};
  }
  void set_scale(lab::RunScale scale) override {
    if (scale == lab::RunScale::quick) shots = {"0", "4"};
  }
  base::OptionTable options() override { return {}; }

  // One group a task; the first task is a part of its own.
  std::vector<lab::Cell> grid() override {
    std::vector<lab::Cell> cells;
    for (const std::string& count : shots) {
      for (const std::string& task : tasks) {
        cells.push_back(
            {.at = {{"shots", count}, {"task", task}}, .inputs = {{"weights", "ab12"}}, .part = task == tasks.front() ? "first" : "rest"});
      }
    }
    return cells;
  }
  std::vector<std::string> together() const override { return {"shots"}; }
  int64_t cost_of(std::span<const lab::Cell> group) const override { return 10 * std::ssize(group); }

  lab::Records measure(std::span<const lab::Cell> group, lab::Workbench& bench) override {
    measured.emplace_back();
    for (const lab::Cell& cell : group) measured.back().push_back(lab::name_of(cell.at));
    if (before_measuring) before_measuring(group, bench);
    std::this_thread::sleep_for(group_time);
    lab::Records records;
    for (const lab::Cell& cell : group) records.push_back(record_of(cell));
    if (after_measuring) after_measuring(records);
    return records;
  }

  std::vector<lab::Claim> claims(const lab::Records& records) const override {
    lab::Claim claim{.id = "all-there", .sentence = "All is there"};
    if (records.empty())
      claim.missing = "everything";
    else
      claim.effect = lab::Interval{.value = static_cast<double>(records.size()), .low = 1, .high = 100};
    return {claim};
  }
  std::vector<lab::Section> sections(const lab::Records& records) const override {
    return {{.title = "Cells", .blocks = {lab::Block(std::to_string(records.size()))}}};
  }

  static lab::CellRecord record_of(const lab::Cell& cell) {
    lab::CellRecord record{.cell = cell};
    const uint64_t hash = base::hash64(lab::name_of(cell.at));
    record.rows.push_back({.metric = "accuracy", .value = static_cast<double>(hash % 1000) / 1000, .n = 3});
    for (int64_t step = 0; step < 3; ++step) {
      record.rows.push_back(
          {.metric = "loss", .at = {{"step", std::to_string(step)}}, .value = 1.0 / static_cast<double>(hash % 7 + 1), .n = step});
    }
    for (int64_t item = 0; item < 3; ++item) {
      const double score = -static_cast<double>(base::mix64(hash + static_cast<uint64_t>(item)) % 100'000) / 7;
      record.items.push_back({.id = "item" + std::to_string(item), .draw = item % 2, .scores = {score, -score / 3, -1.5}, .target = item});
    }
    record.exhibits["prompt"] = "Review: \"fine\" (" + lab::name_of(cell.at) + ")";
    return record;
  }
};

// Records without what may differ between two runs: how long they took.
inline std::string content_of(lab::Records records) {
  base::Json content;
  for (const lab::CellRecord& record : records) {
    base::Json json = {{"key", record.key},        {"at", record.cell.at},          {"inputs", record.cell.inputs},
                       {"part", record.cell.part}, {"artifacts", record.artifacts}, {"exhibits", record.exhibits}};
    for (const lab::Row& row : record.rows) json["rows"].push_back({row.metric, row.at, row.value, row.n});
    for (const lab::ScoredItem& item : record.items) json["items"].push_back({item.id, item.draw, item.scores, item.target});
    content.push_back(json);
  }
  return content.dump(1);
}

// The message of the Exception that `act` throws.
template <class Exception>
std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Exception& exception) {
    return exception.what();
  }
  return "nothing was thrown";
}

}  // namespace manabi::test
