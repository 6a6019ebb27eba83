// How well two colours ("#rrggbb") can be told apart.
#pragma once

#include <array>
#include <cmath>
#include <string>
#include <string_view>

namespace manabi::test {

using Rgb = std::array<double, 3>;  // linear light

inline Rgb linear_light(std::string_view colour) {
  Rgb light{};
  for (size_t channel = 0; channel < 3; ++channel) {
    const double value = std::stoi(std::string(colour.substr(1 + 2 * channel, 2)), nullptr, 16) / 255.0;
    light[channel] = value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  }
  return light;
}

inline double luminance(const Rgb& light) { return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]; }

// WCAG 2: from 1 to 21.
inline double contrast(std::string_view one, std::string_view other) {
  const double a = luminance(linear_light(one)) + 0.05, b = luminance(linear_light(other)) + 0.05;
  return a > b ? a / b : b / a;
}

enum class Vision { full, no_red, no_green, no_blue };

// What is left of a colour without one kind of cone (Machado, Oliveira and Fernandes 2009, severity 1).
inline Rgb seen(const Rgb& light, Vision vision) {
  using Matrix = std::array<Rgb, 3>;
  constexpr std::array<Matrix, 4> kMatrices{
      Matrix{Rgb{1, 0, 0}, Rgb{0, 1, 0}, Rgb{0, 0, 1}},
      Matrix{Rgb{0.152286, 1.052583, -0.204868}, Rgb{0.114503, 0.786281, 0.099216}, Rgb{-0.003882, -0.048116, 1.051998}},
      Matrix{Rgb{0.367322, 0.860646, -0.227968}, Rgb{0.280085, 0.672501, 0.047413}, Rgb{-0.011820, 0.042940, 0.968881}},
      Matrix{Rgb{1.255528, -0.076749, -0.178779}, Rgb{-0.078411, 0.930809, 0.147602}, Rgb{0.004733, 0.691367, 0.303900}}};
  const Matrix& matrix = kMatrices[static_cast<size_t>(vision)];
  Rgb result{};
  for (size_t row = 0; row < 3; ++row) {
    const double value = matrix[row][0] * light[0] + matrix[row][1] * light[1] + matrix[row][2] * light[2];
    result[row] = std::fmin(std::fmax(value, 0), 1);
  }
  return result;
}

inline Rgb lab_of(const Rgb& light) {
  const auto root = [](double value) { return value > 0.008856 ? std::cbrt(value) : 7.787 * value + 16.0 / 116; };
  const double x = root((0.4124 * light[0] + 0.3576 * light[1] + 0.1805 * light[2]) / 0.9505);
  const double y = root(luminance(light));
  const double z = root((0.0193 * light[0] + 0.1192 * light[1] + 0.9505 * light[2]) / 1.089);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

// CIE 1976 difference as seen; about 2.3 is just noticeable side by side.
inline double colour_distance(std::string_view one, std::string_view other, Vision vision) {
  const Rgb a = lab_of(seen(linear_light(one), vision)), b = lab_of(seen(linear_light(other), vision));
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

}  // namespace manabi::test
