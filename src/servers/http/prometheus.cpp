#include "servers/http/prometheus.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace tagwerk::servers::http {

void PrometheusText::family(std::string_view kind, std::string_view name, std::string_view help,
                            const std::vector<Sample>& samples) {
  if (samples.empty()) return;
  out_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  out_.append("# TYPE ").append(name).append(" ").append(kind).append("\n");
  for (const Sample& sample : samples) {
    out_.append(name);
    append_labels(sample.labels);
    out_.push_back(' ');
    append_value(sample.value);
    out_.push_back('\n');
  }
}

void PrometheusText::append_labels(const Labels& labels) {
  if (labels.empty()) return;
  char before = '{';
  for (const auto& [name, value] : labels) {
    out_.push_back(std::exchange(before, ','));
    out_.append(name).append("=\"");
    for (const char c : value) {
      if (c == '\\' || c == '"') out_.push_back('\\');
      if (c == '\n')
        out_.append("\\n");
      else
        out_.push_back(c);
    }
    out_.push_back('"');
  }
  out_.push_back('}');
}

void PrometheusText::append_value(double value) {
  if (!std::isfinite(value)) {
    out_.append(std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
    return;
  }
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out_.append(digits.data(), end);
}

}  // namespace tagwerk::servers::http
