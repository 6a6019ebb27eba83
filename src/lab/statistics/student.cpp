// Student's t from the incomplete beta function, and the interval that trained models get.
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "base/error.h"
#include "lab/statistics/statistics.h"

namespace manabi::lab {
namespace {

double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);  // std::lgamma writes the sign to a global
}

// The continued fraction of the incomplete beta function by Lentz's method (DLMF 8.17.22); converges fast for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  constexpr int kMostTerms = 100'000;
  const auto away_from_zero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double numerator = 1;
  double denominator = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double fraction = denominator;
  for (int m = 1; m <= kMostTerms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    denominator = 1 / away_from_zero(1 + even * denominator);
    numerator = away_from_zero(1 + even / numerator);
    fraction *= denominator * numerator;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    denominator = 1 / away_from_zero(1 + odd * denominator);
    numerator = away_from_zero(1 + odd / numerator);
    const double factor = denominator * numerator;
    fraction *= factor;
    if (std::abs(factor - 1) < 4 * std::numeric_limits<double>::epsilon()) break;
  }
  return fraction;
}

// I_x(a, b) for x given together with 1 - x, so that neither end loses digits.
double incomplete_beta(double a, double b, double x, double one_minus_x) {
  if (x <= 0) return 0;
  if (one_minus_x <= 0) return 1;
  const double front = std::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) + b * std::log(one_minus_x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, one_minus_x) / b;
}

// P(T > t) for t >= 0.
double student_tail(double t, double degrees_of_freedom) {
  const double sum = degrees_of_freedom + t * t;
  return 0.5 * incomplete_beta(degrees_of_freedom / 2, 0.5, degrees_of_freedom / sum, t * t / sum);
}

}  // namespace

double student_quantile(double probability, double degrees_of_freedom) {
  if (!(probability > 0 && probability < 1 && degrees_of_freedom > 0)) {
    throw std::logic_error("student_quantile needs a probability between 0 and 1 and positive degrees of freedom");
  }
  if (probability == 0.5) return 0;
  if (probability < 0.5) return -student_quantile(1 - probability, degrees_of_freedom);
  double high = 1;
  while (student_tail(high, degrees_of_freedom) > 1 - probability) high *= 2;
  double low = high > 1 ? high / 2 : 0;
  while (true) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle;
    (student_tail(middle, degrees_of_freedom) > 1 - probability ? low : high) = middle;
  }
}

Interval student_mean(std::span<const double> values) {
  if (values.size() < 2) {
    throw base::Error({.where = "interval over seeds",
                       .given = std::to_string(values.size()) + " value(s)",
                       .expected = "two or more",
                       .hint = "run more seeds (--seeds)"});
  }
  const double n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  if (!std::isfinite(squares)) {
    throw base::Error({.where = "interval over seeds",
                       .given = "a value is not finite",
                       .expected = "finite values",
                       .hint = "a training that diverged has no mean; count it apart"});
  }
  const double half = student_quantile(0.975, n - 1) * std::sqrt(squares / (n - 1) / n);
  return {.value = mean, .low = mean - half, .high = mean + half, .items = 0, .draws = std::ssize(values)};
}

}  // namespace manabi::lab
