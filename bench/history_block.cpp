#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <zstd.h>

#include "bench/measure.hpp"
#include "history/block.hpp"

/// Compressed history blocks of real measurements: bytes for each sample with time and quality, and
/// how fast they are made and read, every one compared with what went in. SKAB and Tennessee
/// Eastman from shared/data beside or above the working directory, or from the folder given; a
/// generator where they are not.
namespace tagwerk::bench {
namespace {

namespace fs = std::filesystem;
using history::Columns;
using model::Type;

constexpr std::size_t kBlock = 1024;
constexpr int kRounds = 7;
constexpr std::int64_t kSecond = 1'000'000'000;

/// Blocks of several tags, each up to kBlock points.
struct Data {
  std::vector<Columns> blocks;
  std::size_t samples = 0;

  void add(std::span<const std::int64_t> times, std::span<const double> values) {
    for (std::size_t at = 0; at < times.size(); at += kBlock) {
      const std::size_t count = std::min(kBlock, times.size() - at);
      Columns& block = blocks.emplace_back();
      block.type = Type::floating;
      block.times.assign(times.begin() + at, times.begin() + at + count);
      block.floats.assign(values.begin() + at, values.begin() + at + count);
      block.qualities.assign(count, 0);
      samples += count;
    }
  }
};

fs::path data_folder(const char* given) {
  if (given != nullptr) return given;
  for (fs::path at = fs::current_path();; at = at.parent_path()) {
    if (fs::is_directory(at / "shared" / "data")) return at / "shared" / "data";
    if (at == at.parent_path()) return {};
  }
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

double number_of(std::string_view text) {
  double out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  require(error == std::errc() && end == text.data() + text.size(), "a field is no number");
  return out;
}

/// Eight signals once a second, with gaps; the files lie one after the other in time.
Data skab(const fs::path& folder) {
  constexpr std::size_t kSignals = 8;
  std::map<std::int64_t, std::array<double, kSignals>> rows;
  for (const fs::path& file : files_in(folder)) {
    std::ifstream in(file);
    std::string line, field;
    std::getline(in, line);
    while (std::getline(in, line)) {
      std::istringstream fields(line);
      std::getline(fields, field, ';');
      auto& row = rows[base::parse_rfc3339(field)->time_since_epoch().count()];
      for (double& each : row) {
        std::getline(fields, field, ';');
        each = number_of(field);
      }
    }
  }
  Data out;
  std::vector<std::int64_t> times;
  for (const auto& [time, row] : rows)
    times.push_back(time);
  for (std::size_t signal = 0; signal < kSignals; ++signal) {
    std::vector<double> values;
    for (const auto& [time, row] : rows)
      values.push_back(row[signal]);
    out.add(times, values);
  }
  return out;
}

/// 52 signals every three minutes; the runs follow each other.
Data tennessee_eastman(const fs::path& folder) {
  constexpr std::size_t kSignals = 52;
  std::array<std::vector<double>, kSignals> values;
  for (const fs::path& file : files_in(folder)) {
    std::ifstream in(file);
    std::string field;
    for (std::size_t i = 0; in >> field; ++i)
      values[i % kSignals].push_back(number_of(field));
  }
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < values[0].size(); ++i)
    times.push_back((1'700'000'000 + 180 * static_cast<std::int64_t>(i)) * kSecond);
  Data out;
  for (const auto& each : values)
    out.add(times, each);
  return out;
}

/// Noise of three decimals around a drift, one gap in twenty.
Data generated() {
  Data out;
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(0, 1);
  for (int tag = 0; tag < 40; ++tag) {
    std::vector<std::int64_t> times;
    std::vector<double> values;
    std::int64_t time = 1'700'000'000 * kSecond;
    double level = 100;
    for (std::size_t i = 0; i < 16 * kBlock; ++i) {
      time += random() % 20 == 0 ? 2 * kSecond : kSecond;
      level += noise(random) * 0.01;
      times.push_back(time);
      values.push_back(std::rint((level + noise(random)) * 1000) / 1000);
    }
    out.add(times, values);
  }
  return out;
}

/// Full doubles, as calculations and simulations give: nothing to find in the last digits.
Data calculated() {
  Data out;
  for (int tag = 0; tag < 8; ++tag) {
    std::vector<std::int64_t> times;
    std::vector<double> values;
    for (std::size_t i = 0; i < 8 * kBlock; ++i) {
      times.push_back((1'700'000'000 + static_cast<std::int64_t>(i)) * kSecond);
      values.push_back(50 + 10 * std::sin(static_cast<double>(i) / (100.0 + tag)));
    }
    out.add(times, values);
  }
  return out;
}

bool same(const Columns& a, const Columns& b) {
  return a.type == b.type && a.times == b.times && a.qualities == b.qualities &&
         a.nulls == b.nulls && a.floats.size() == b.floats.size() &&
         std::memcmp(a.floats.data(), b.floats.data(), a.floats.size() * sizeof(double)) == 0;
}

struct Measured {
  double bytes = 0;  ///< for each sample
  Rounds encoding, decoding, headers;
};

Measured measure(const Data& data) {
  Measured out;
  history::BlockEncoder encoder;
  history::BlockDecoder decoder;
  Columns decoded;
  std::vector<base::Bytes> blocks(data.blocks.size());
  const auto passes = static_cast<int>(2'000'000 / data.samples + 1);
  const double samples = static_cast<double>(data.samples) * passes;
  for (int round = 0; round < kRounds; ++round) {
    double begin = own_seconds();
    for (int pass = 0; pass < passes; ++pass)
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        blocks[i].clear();
        require(encoder.encode(data.blocks[i], blocks[i]).has_value(), "a block cannot be made");
      }
    out.encoding.add(samples / (own_seconds() - begin) / 1e6);
    begin = own_seconds();
    std::uint64_t seen = 0;
    for (int pass = 0; pass < passes; ++pass)
      for (const base::Bytes& each : blocks) {
        require(decoder.decode(each, decoded).has_value(), "a block cannot be read");
        seen += decoded.size();
      }
    out.decoding.add(samples / (own_seconds() - begin) / 1e6);
    require(seen == data.samples * static_cast<std::uint64_t>(passes), "samples are missing");
    begin = own_seconds();
    for (int pass = 0; pass < passes; ++pass)
      for (const base::Bytes& each : blocks)
        require(history::read_header(each).has_value(), "a header cannot be read");
    out.headers.add((own_seconds() - begin) / passes / static_cast<double>(blocks.size()) * 1e9);
  }
  double bytes = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    bytes += static_cast<double>(blocks[i].size());
    require(decoder.decode(blocks[i], decoded).has_value() && same(decoded, data.blocks[i]),
            "a block gives other points than it was made of");
  }
  out.bytes = bytes / static_cast<double>(data.samples);
  return out;
}

/// The same blocks as plain columns under zstd, level 3.
double zstd_bytes(const Data& data) {
  double bytes = 0;
  std::vector<char> raw, frame;
  for (const Columns& block : data.blocks) {
    raw.clear();
    const auto add = [&](const auto& column) {
      const auto begin = reinterpret_cast<const char*>(column.data());
      raw.insert(raw.end(), begin, begin + column.size() * sizeof(column[0]));
    };
    add(block.times);
    add(block.qualities);
    add(block.floats);
    frame.resize(ZSTD_compressBound(raw.size()));
    bytes +=
        static_cast<double>(ZSTD_compress(frame.data(), frame.size(), raw.data(), raw.size(), 3));
  }
  return bytes / static_cast<double>(data.samples);
}

/// Bits of one time in Gorilla's form, from the change of the distance in seconds.
int gorilla_time_bits(std::int64_t change) {
  if (change == 0) return 1;
  if (change >= -63 && change <= 64) return 9;
  if (change >= -255 && change <= 256) return 12;
  return change >= -2047 && change <= 2048 ? 16 : 36;
}

/// Source: Pelkonen and others, Gorilla: A Fast, Scalable, In-Memory Time Series Database, VLDB
/// 2015. Times in seconds, no quality; sizes only.
double gorilla_bytes(const Data& data) {
  double bits = 0;
  for (const Columns& block : data.blocks) {
    bits += 64 + 64;
    int lead = 65, trail = 0;
    std::int64_t distance = 0;
    for (std::size_t i = 1; i < block.size(); ++i) {
      const std::int64_t next = (block.times[i] - block.times[i - 1]) / kSecond;
      bits += gorilla_time_bits(next - distance);
      distance = next;
      const auto difference = std::bit_cast<std::uint64_t>(block.floats[i]) ^
                              std::bit_cast<std::uint64_t>(block.floats[i - 1]);
      if (difference == 0) {
        bits += 1;
        continue;
      }
      const int leading = std::min(31, std::countl_zero(difference));
      const int trailing = std::countr_zero(difference);
      if (leading >= lead && trailing >= trail) {
        bits += 2 + 64 - lead - trail;
        continue;
      }
      lead = leading;
      trail = trailing;
      bits += 2 + 5 + 6 + 64 - lead - trail;
    }
  }
  return bits / 8 / static_cast<double>(data.samples);
}

void report(std::string_view name, const Data& data, std::optional<double> allowed) {
  const Measured measured = measure(data);
  const auto row = [&](std::string_view what, double figure, std::string_view unit) {
    return std::pair(fmt::format("{}: {}", name, what), Row{"", figure, unit});
  };
  const auto say = [&](std::pair<std::string, Row> named, std::optional<double> against,
                       std::string_view peer, bool more, std::optional<double> spread) {
    Row& out = named.second;
    out.what = named.first;
    out.against = against;
    out.peer = peer;
    out.more_is_better = more;
    out.spread = spread;
    print(out);
  };
  if (allowed) say(row("size", measured.bytes, "bytes per sample"), *allowed, "allowed", false, {});
  say(row("size", measured.bytes, "bytes per sample"), zstd_bytes(data), "zstd-3, columns", false,
      {});
  say(row("size", measured.bytes, "bytes per sample"), gorilla_bytes(data), "Gorilla", false, {});
  say(row("encoding", measured.encoding.median(), "M/s of a core"), 25, "M/s asked for", true,
      measured.encoding.spread());
  say(row("decoding", measured.decoding.median(), "M/s of a core"), 50, "M/s asked for", true,
      measured.decoding.spread());
  say(row("header alone", measured.headers.median(), "ns"), {}, "", false,
      measured.headers.spread());
}

void run(const char* given) {
  const fs::path folder = data_folder(given);
  const bool real = fs::is_directory(folder / "skab") && fs::is_directory(folder / "tep");
  if (real) {
    report("SKAB", skab(folder / "skab"), 1.75);
    report("Tennessee Eastman", tennessee_eastman(folder / "tep"), 1.45);
  } else {
    report("generated noise", generated(), {});
  }
  report("calculated sines", calculated(), {});
}

}  // namespace
}  // namespace tagwerk::bench

int main(int argc, char** argv) {
  tagwerk::bench::run(argc > 1 ? argv[1] : nullptr);
}
