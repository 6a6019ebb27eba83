// What became of a tuning: accuracies, the adapter, the page.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "app/verbs/tune/options.h"
#include "base/format/json.h"
#include "learn/tuning/run/tuning.h"
#include "model/adapters/adapter.h"

namespace manabi::app {

struct TunedOutcome {
  TunedSetting setting;
  learn::TunedReplica replica;
  double accuracy = 0;  // on the test examples, at the best step
  int64_t parameters = 0;
  std::vector<double> curve;  // mean loss over curve_every steps
  int64_t curve_every = 1;
  std::vector<learn::Measurement> judged;               // this replica's alone: {accuracy, loss} on the dev examples
  std::optional<model::Adapter> adapter;                // none where whole weights were tuned
  std::shared_ptr<const model::FrozenNetwork> network;  // of these
};

std::vector<TunedOutcome> outcomes_of(const learn::Tuning& tuning, const TuneOptions& options, std::span<const learn::JudgedEpisode> test,
                                      std::span<const TunedSetting> settings);

inline constexpr const char* kOutcomeFile = "tuning.json";

// tuning.json and tuning.html.
void write_outcomes(std::span<const TunedOutcome> outcomes, const TuneOptions& options, const std::string& task, double before,
                    const base::Json& made_of, const std::filesystem::path& folder);
void tell_outcomes(std::span<const TunedOutcome> outcomes, const TuneOptions& options, double before, std::ostream& out);

}  // namespace manabi::app
