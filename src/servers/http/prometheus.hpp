#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tagwerk::servers::http {

/// Writes numbers in Prometheus' text format.
/// Threads: one
/// Source: Prometheus exposition formats, text-based format 0.0.4
class PrometheusText {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string_view>>;
  struct Sample {
    Labels labels;
    double value = 0;
  };

  void gauge(std::string_view name, std::string_view help, double value) {
    family("gauge", name, help, {{{}, value}});
  }
  void gauge(std::string_view name, std::string_view help, const std::vector<Sample>& samples) {
    family("gauge", name, help, samples);
  }
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    family("counter", name, help, {{{}, static_cast<double>(value)}});
  }
  void counter(std::string_view name, std::string_view help, const std::vector<Sample>& samples) {
    family("counter", name, help, samples);
  }
  std::string take() { return std::move(out_); }

 private:
  void family(std::string_view kind, std::string_view name, std::string_view help,
              const std::vector<Sample>& samples);
  void append_labels(const Labels& labels);
  void append_value(double value);

  std::string out_;
};

}  // namespace tagwerk::servers::http
