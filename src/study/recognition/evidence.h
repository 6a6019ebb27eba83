// What the study's records hold for one model, and how effects are made of it: linear combinations of mean accuracies over the same items
// and demonstrations, in points.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lab/claim.h"
#include "study/recognition/recognition.h"

namespace manabi::study::recognition {

// A weight on the mean accuracy of a setting at K.
struct Term {
  double weight;
  Curve curve;
  int64_t shots;
  std::string kind = "";  // of tasks; "" = all of them
};

std::vector<Term> operator+(std::vector<Term> left, const std::vector<Term>& right);

class Evidence {
 public:
  Evidence(const lab::Records& records, std::string model);

  Curve gold() const { return {model_, "gold", "-"}; }
  Curve random() const { return {model_, "random", "-"}; }
  Curve abstract(const std::string& symbols = "numbers") const { return {model_, "abstract", symbols}; }

  double parameters() const { return parameters_; }
  bool has_sweep() const { return shots_.size() >= 2; }
  int64_t most() const { return shots_.empty() ? 0 : shots_.back(); }
  // The smallest K, or the paper's smallest where the sweep has it.
  int64_t few() const;

  // Accuracy's slope per doubling of K, by least squares over log2 K: the weight of each K, times `weight`.
  std::vector<Term> slope(const Curve& curve, double weight = 1.0, const std::string& kind = "") const;

  // Fills in the effect, or says which cells are missing.
  void measure(lab::Claim& claim, const std::vector<Term>& terms) const;
  // The same less the accuracy of a uniform guess, over the tasks that the effect is measured on.
  void measure_above_chance(lab::Claim& claim, const std::vector<Term>& terms) const;

 private:
  const lab::Records& records_;
  std::string model_;
  double parameters_ = 0;
  std::vector<int64_t> shots_;  // ascending, without 0
};

}  // namespace manabi::study::recognition
