// The online algorithm that Chan, Chen, György and Schuurmans (2024, section 3) analyse, on tabular inputs: three learners without regret, one
// above two. A_g learns what each input's label is, A_h how to read the context, A_alpha in which region of rows the one or the other is to be
// believed. Round by round
//
//   f = alpha g + (1 - alpha) h,  A_g sees the loss of g, A_h that of h, A_alpha the linear loss alpha (loss of g - loss of h).
//
// The logarithmic loss is convex, so the loss of f exceeds that of the best fixed gate by no more than A_alpha's regret. Losses are in nats.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace manabi::learn {

// What a learner lost beyond the best fixed choice in hindsight, and what its regret cannot exceed.
struct Regret {
  double value = 0;
  double bound = 0;
};

struct OnlineRound {
  int64_t query = 0;
  std::span<const int64_t> context;  // [K] inputs
  std::span<const int64_t> labels;   // [K] of the context
  int64_t target = 0;
};

// A_g: one count more than was seen of every label of every input. Against the best distribution of each input in hindsight its regret is at
// most log((n + C - 1)! / (n! (C - 1)!)) an input seen n times, which a label that never changes attains.
class AddOneEstimator {
 public:
  AddOneEstimator(int64_t inputs, int64_t labels);
  double probability(int64_t input, int64_t label) const;
  int64_t seen(int64_t input) const;
  void learn(int64_t input, int64_t label);
  Regret regret() const;

 private:
  int64_t labels_;
  std::vector<int64_t> counts_;  // [inputs, labels]
  double loss_ = 0;
};

// A_h: exponential weights at rate 1 over readers of the context, who weigh its items by softmax(gap [item is the query]); their mixture's
// regret against the best of them is at most log of their number.
class ContextReaders {
 public:
  ContextReaders(std::vector<double> gaps, double floor);
  double probability(const OnlineRound& round) const;  // of the target
  void learn(const OnlineRound& round);
  Regret regret() const;

 private:
  std::vector<double> gaps_;
  double floor_;
  std::vector<double> losses_;  // of each reader
  double loss_ = 0;
};

// The probability that a reader gives the target, at least `floor`.
double read_context(const OnlineRound& round, double gap, double floor);

// A_alpha: exponential weights over "the weights" and "the context" in each region, at the rate sqrt(8 log 2 / t) of its t-th round, losses in
// units of `range`: regret at most range (sqrt(2 n log 2) + sqrt(log 2 / 8)) a region of n rounds (Cesa-Bianchi and Lugosi 2006, theorem 2.3).
class RegionGate {
 public:
  RegionGate(int64_t regions, double range);
  double share_of_weights(int64_t region) const;
  // Throws base::Error for a loss outside [0, range], for which the bound does not hold.
  void learn(int64_t region, double weights_loss, double context_loss, double mixture_loss);
  Regret regret() const;

 private:
  struct Region {
    int64_t rounds = 0;
    double weights_loss = 0, context_loss = 0;
  };
  double range_;
  std::vector<Region> regions_;
  double loss_ = 0;  // of the mixture
};

struct OnlineGateConfig {
  int64_t inputs = 10;
  int64_t labels = 10;
  std::vector<double> gaps = {0, 1, 2, 4, 8};
  double floor = 1e-7;  // of a reader's probability
};

struct OnlineOutcome {
  double share_of_weights = 0;
  double mixture_loss = 0, weights_loss = 0, context_loss = 0;
};

class OnlineGate {
 public:
  explicit OnlineGate(const OnlineGateConfig& config);

  // Predicts, then learns. A region of the gate is a query together with whether the context shows it.
  OnlineOutcome play(const OnlineRound& round);

  const AddOneEstimator& in_weight() const { return in_weight_; }
  const ContextReaders& in_context() const { return in_context_; }
  const RegionGate& gate() const { return gate_; }

 private:
  AddOneEstimator in_weight_;
  ContextReaders in_context_;
  RegionGate gate_;
};

// What is derived of the two predictors' errors, in nats. add_one_excess: the add-one estimator's expected excess over the labels' entropy after
// an input was seen n times is at most log(1 + (C - 1) / (n + 1)). reader_loss: of an exact reader with L items of which `wrong` are not the
// query's, log(1 + wrong / (L - wrong) e^-gap).
double add_one_excess(int64_t labels, double seen);
double reader_loss(int64_t pairs, int64_t wrong, double gap, double floor);

}  // namespace manabi::learn
