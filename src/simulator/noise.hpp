#pragma once

#include <cstdint>

namespace tagwerk::simulator {

/// Random numbers that are the same on every machine and compiler for one seed.
/// Source: splitmix64, Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : state_(seed) {}

  /// From 0 up to, not including, 1.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// Mean 0, deviation 1, bell-shaped, never beyond ±3.5.
  double normal() {
    const double sum = uniform() + uniform() + uniform() + uniform();
    return (sum - 2) * 1.7320508075688772;
  }

 private:
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace tagwerk::simulator
